"""The shape of what is judged: verdicts, judged claims, conflicts."""

from datetime import date
from typing import Literal

from pydantic import Field

from bench.catalog.cells import CellKey
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
Comparison = Literal["exact", "proxy", "unknown"]


Size = Literal["last-digit", "small", "large"]
CauseName = Literal["copied", "input-size", "misprint", "counting-rule", "cut-off", "none"]


class Explanation(Strict):
    """Why a printed number differs from what was measured (`bench.judge.explanations`)."""

    size: Size
    cause: CauseName
    words: str
    returned: tuple[str, ...] = Field(
        (), description="rules and public counters that return the printed digits, in words"
    )


class Verdict(Strict):
    """The verdict on one cell."""

    paper: str
    table: str
    row: str
    column: str
    verdict: VerdictName | Literal["setting", "empty"]
    evidence: Evidence | None = None
    comparison: Comparison | None = Field(
        None,
        description="of an accuracy: exact, by the printed protocol; unknown, the paper leaves open what we had to "
        "choose; proxy, something differs",
    )
    printed: str
    value: float | None = Field(None, description="measured here, in the cell's unit")
    shown: str | None = Field(None, description="measured here, rounded as the paper rounds")
    difference: float | None = None
    interval: tuple[float, float] | None = None
    seeds: tuple[int, ...] = ()
    reason: str
    cause: str | None = Field(None, description="a known misprint of this cell, which explains it")
    results: tuple[str, ...] = Field((), description="result files behind the value")
    machines: tuple[str, ...] = Field(
        (),
        description="whether machines that measured the same seeds agree, in words",
        exclude_if=lambda found: not found,
    )
    tools: tuple[str, ...] = Field(
        (),
        description="of a count: public counters that return the printed digits, in words",
        exclude_if=lambda found: not found,
    )
    explanation: Explanation | None = Field(
        None,
        description="of a value that differs: how far, why, and what returns the printed digits",
        exclude_if=lambda found: found is None,
    )

    @property
    def key(self) -> CellKey:
        """The key of its cell."""
        return self.paper, self.table, self.row, self.column


#: supports, contradicts: at small scale, on synthetic data. within-rounding: a count misses the claim, but lies inside
#: what the printed digits of its formula allow. not-on-this-machine: a CPU disagrees with what a GPU was printed for.
Holds = Literal[
    "holds",
    "within-rounding",
    "supports",
    "not-on-this-machine",
    "contradicts",
    "fails",
    "inconclusive",
    "open",
]


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
    """All verdicts: what the site shows, and what two builds compare."""

    made: date | None = None
    verdicts: tuple[Verdict, ...]
    claims: tuple[ClaimVerdict, ...]
    conflicts: tuple[Conflict, ...]

    @property
    def by_cell(self) -> dict[CellKey, Verdict]:
        """Verdicts by (paper, table, row, column); built at every call."""
        return {verdict.key: verdict for verdict in self.verdicts}
