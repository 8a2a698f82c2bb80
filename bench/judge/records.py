"""The shape of what is judged: verdicts, judged claims, conflicts."""

from datetime import date
from typing import Literal

from pydantic import Field

from bench.catalog.schema import Claim, Strict
from bench.results.records import Evidence

VerdictName = Literal[
    "reproduced",
    "better",
    "deviates",
    "inconclusive",
    "not-comparable",
    "stale",
    "failed",
    "not-run",
    "quoted",
]


class Verdict(Strict):
    """Judgement on one cell."""

    paper: str
    table: str
    row: str
    column: str
    verdict: VerdictName | Literal["setting", "empty"]
    evidence: Evidence | None = None
    printed: str
    value: float | None = Field(default=None, description="reproduced, in the cell's unit")
    shown: str | None = Field(default=None, description="reproduced, rounded as the paper rounds")
    difference: float | None = None
    interval: tuple[float, float] | None = None
    seeds: tuple[int, ...] = ()
    reason: str
    results: tuple[str, ...] = Field(default=(), description="result files behind the value")


Holds = Literal["holds", "fails", "inconclusive", "open"]


class ClaimJudgement(Strict):
    """A claim on one set of numbers."""

    value: float | None = None
    interval: tuple[float, float] | None = None
    holds: Holds
    confidence: float | None = None
    evidence: Evidence | Literal["paper", "mixed"] | None = None
    reason: str = ""


class ClaimVerdict(Strict):
    """A claim judged twice: on the paper's own numbers, and on the reproduced ones."""

    paper: str
    claim: Claim
    on_paper: ClaimJudgement
    on_reproduced: ClaimJudgement


class Conflict(Strict):
    """The same quantity with two printed values, in one paper or in two."""

    what: str
    cells: tuple[str, ...]
    printed: tuple[str, ...]
    reason: str


class Snapshot(Strict):
    """Everything the site shows; what two builds compare."""

    made: date | None = None
    verdicts: tuple[Verdict, ...]
    claims: tuple[ClaimVerdict, ...]
    conflicts: tuple[Conflict, ...]
