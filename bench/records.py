"""The shape of what was measured and of what was judged: results, verdicts, judged claims."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from bench.schema import Claim, Slug, Strict, Tier

Evidence = Literal["counted", "timed", "smoke", "lab", "released-weights", "full-1", "full-3"]
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


# ---------------------------------------------------------------- what was measured


class Provenance(Strict):
    """Where a result comes from; `volatile` may differ between two equal measurements."""

    commit: str
    dirty: bool
    command: str
    environment: dict[str, str]
    hardware: dict[str, str]
    inputs: dict[str, str] = Field(
        default={}, description="file -> SHA-256 of what the result depends on"
    )
    volatile: dict[str, Any] = Field(default={}, description="date, durations, host")


class CountResult(Strict):
    """Parameters and operations of one zoo model at full size."""

    format: Literal[1] = 1
    kind: Literal["count"] = "count"
    model: str
    input_size: tuple[int, int] = Field(description="width, height in pixels")
    parameters: dict[str, int] = Field(description="total, trainable, position_embedding")
    macs: int = Field(description="exact multiply-accumulates of one forward pass at batch 1")
    flops: dict[str, float] = Field(description="counting rule -> G (1e9)")
    by_module: dict[str, dict[str, float]] = Field(default={})
    provenance: Provenance


class Timing(Strict):
    """Latency of one model: batch 1, milliseconds."""

    median_ms: float
    low_ms: float = Field(description="first quartile")
    high_ms: float = Field(description="third quartile")
    samples: int

    @property
    def fps(self) -> float:
        return 1000.0 / self.median_ms


class SpeedResult(Strict):
    """Latencies measured side by side in one run on one machine."""

    format: Literal[1] = 1
    kind: Literal["speed"] = "speed"
    group: Slug
    machine: str
    device: Literal["cpu", "cuda"]
    precision: str
    batch: int
    protocol: str
    timings: dict[str, Timing] = Field(description="zoo model -> latency")
    provenance: Provenance


class Predictions(Strict):
    """Where the predictions behind an accuracy lie."""

    file: str = Field(description="relative to the result file")
    sha256: str
    images: int
    instances: int


class AccuracyResult(Strict):
    """Metrics of one trained (or released) network; fractions of 1 are stored as percent."""

    format: Literal[1] = 1
    kind: Literal["accuracy"] = "accuracy"
    run: Slug
    tier: Tier
    seed: int
    evidence: Evidence
    protocol: dict[str, str]
    metrics: dict[str, float]
    untrained: dict[str, float] = Field(default={}, description="the same network before training")
    training: dict[str, Any] = Field(default={})
    predictions: Predictions | None = None
    failed: str | None = Field(
        default=None, description="what went wrong, if the run did not finish"
    )
    provenance: Provenance


Result = Annotated[CountResult | SpeedResult | AccuracyResult, Field(discriminator="kind")]


# ---------------------------------------------------------------- what is judged


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
