"""The shape of what was measured: results and what is stored with them."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from bench.catalog.schema import Layout, Slug, Strict, Tier
from bench.results.bounds import Amount, Count, Parameters, Percent, Training

Evidence = Literal["counted", "timed", "smoke", "lab", "released-weights", "full-1", "full-3"]


class Provenance(Strict):
    """Where a result comes from; `volatile` may differ between two equal measurements."""

    commit: str
    dirty: bool
    command: str
    environment: dict[str, str]
    hardware: dict[str, str]
    inputs: dict[str, str] = Field(
        {}, description="what the result depends on -> digest of its content (bench.results.inputs)"
    )
    volatile: dict[str, Any] = Field({}, description="date, durations, host")

    @property
    def date(self) -> datetime | None:
        """When it was measured, with time zone (UTC if none is given); None if that is not recorded.

        Raises ValueError for a malformed date; the store rejects such results.
        """
        text = self.volatile.get("date")
        if text is None:
            return None
        if not isinstance(text, str):
            raise ValueError(f"{text!r} is not a string")
        when = datetime.fromisoformat(text)
        if not 2015 <= when.year <= 2100:
            raise ValueError(f"{text} is no date of a measurement")
        return when.replace(tzinfo=when.tzinfo or UTC)


class CountResult(Strict):
    """Parameters and operations of one zoo model at full size."""

    format: Literal[1] = 1
    kind: Literal["count"] = "count"
    model: str
    input_size: tuple[int, int] = Field(description="width, height in pixels")
    parameters: Parameters = Field(description="total, trainable, position_embedding")
    macs: Count = Field(description="exact multiply-accumulates of one forward pass at batch 1")
    flops: dict[str, Amount] = Field(description="counting rule -> G (1e9)")
    by_module: dict[str, dict[str, float]] = Field({})
    provenance: Provenance


Milliseconds = Annotated[float, Field(gt=0.0)]


class Timing(Strict):
    """Latency of one model: batch 1, milliseconds."""

    median_ms: Milliseconds
    low_ms: Milliseconds = Field(description="first quartile")
    high_ms: Milliseconds = Field(description="third quartile")
    samples: int

    @property
    def fps(self) -> float:
        return 1000.0 / self.median_ms


class SpeedResult(Strict):
    """Latencies of several models, measured in one run on one machine."""

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
    """The file with the predictions behind an accuracy."""

    file: str = Field(description="relative to the result file")
    sha256: str
    images: int
    instances: int


class KeypointErrors(Strict):
    """How many labelled keypoints of the people that were found went which way (Ronchi and Perona, ICCV 2017).

    A detected keypoint is compared with its own annotated location, with that of its left-right partner, and with both
    of every other person in the image; the best match decides.
    """

    good: int = Field(0, description="close to its own location")
    jitter: int = Field(0, description="near its own location, but not close")
    inversion: int = Field(0, description="left and right of the same person confused")
    swap: int = Field(0, description="on the keypoint, or its partner, of another person")
    miss: int = Field(0, description="near none of these")

    @property
    def total(self) -> int:
        return self.good + self.jitter + self.inversion + self.swap + self.miss


class DiagnosedGroup(Strict):
    """A subset of the people: how many there are, how many were missed, errors on the detected ones."""

    people: int
    not_found: int
    errors: KeypointErrors


class FalsePositives(Strict):
    """Detections without a person of their own, of those the evaluator considers."""

    background: int = Field(description="no person is there")
    background_confident: int = Field(
        description="of these, ranked by score among as many detections as there are people"
    )
    duplicate: int = Field(description="a better detection has already matched the person there")


class Diagnosis(Strict):
    """The kinds of errors behind an accuracy. Everything is counted, nothing averaged."""

    thresholds: str = Field(description="what close and near mean, in words")
    everyone: DiagnosedGroup = Field(description="not_found: the false negatives")
    detections: int = Field(description="considered by the evaluator (COCO: 20 best per image)")
    false_positives: FalsePositives | None = None
    by_keypoint: dict[str, KeypointErrors] = Field(description="in the data set's order")
    by_size: dict[str, DiagnosedGroup] = Field({}, description="area of the annotated person")
    by_visible: dict[str, DiagnosedGroup] = Field({}, description="number of visible keypoints")
    by_crowding: dict[str, DiagnosedGroup] = Field(
        {}, description="number of other people whose boxes overlap"
    )
    undefined: dict[str, str] = Field(
        {}, description="what the data set does not allow to compute -> why"
    )


class AccuracyResult(Strict):
    """Metrics of one trained (or released) network; fractions of 1 are stored as percent."""

    format: Literal[1] = 1
    kind: Literal["accuracy"] = "accuracy"
    run: Slug
    tier: Tier
    seed: int = Field(ge=0, lt=2**32)
    evidence: Evidence
    protocol: dict[str, str]
    metrics: dict[str, Percent]
    measures: dict[str, float] = Field(
        {}, description="a method's own metrics, such as LOFR's response around joints"
    )
    untrained: dict[str, Percent] = Field({}, description="the same network before training")
    constant_poses: dict[str, dict[str, Percent]] = Field(
        {},
        description="pose that ignores the image (box centre, mean pose, ...) -> its metrics",
        exclude_if=lambda found: not found,
    )
    chance: dict[str, Percent] = Field(
        {}, description="the first metric of these poses, as earlier results have it"
    )
    training: Training = Field({})
    predictions: Predictions | None = None
    diagnosis: Diagnosis | None = Field(None, exclude_if=lambda found: found is None)
    failed: str | None = Field(None, description="what went wrong, if the run did not finish")
    provenance: Provenance

    @property
    def values(self) -> dict[str, float]:
        """Metrics and measures, by name."""
        return self.metrics | self.measures

    def repeats(self, other: Any) -> bool:
        """Whether it is the training of another seed once more: its predictions are the same byte by byte."""
        if not isinstance(other, AccuracyResult) or "released-weights" in (
            self.evidence,
            other.evidence,
        ):
            return False
        kept, others = self.predictions, other.predictions
        return bool(
            (self.run, self.tier) == (other.run, other.tier)
            and self.seed != other.seed
            and kept
            and others
            and kept.instances
            and kept.sha256 == others.sha256
        )


def _plain(text: str) -> str:
    if not text.isprintable():
        raise ValueError("holds unprintable characters")
    return text


Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, strip_whitespace=True),
    AfterValidator(_plain),
]


class ModelCard(Strict):
    """What the authors of a submission say of their network; shown as written, checked for its form only."""

    name: Annotated[Slug, StringConstraints(max_length=60)] = Field(
        description="up to 60 lowercase letters, digits and single hyphens; one submission per name and split"
    )
    title: Line = Field(description="a line of up to 200 characters, as the leaderboard shows it")
    authors: Line = Field(description="a line of up to 200 characters")
    link: (
        Annotated[
            str, StringConstraints(pattern=r"^https?://[^\s<>\"']{3,300}$"), AfterValidator(_plain)
        ]
        | None
    ) = Field(None, description="an address that begins with https:// or http://")
    boxes: Literal["ground-truth", "detector-56.4", "detector", "none"] = Field(
        description="ground-truth, detector-56.4, detector or none"
    )
    input_size: Annotated[str, StringConstraints(pattern=r"^(\d{2,4}x\d{2,4}|whole image)$")] = (
        Field(description="height x width in pixels, such as 256x192, or whole image")
    )
    flip_test: bool = Field(description="yes or no")
    training_data: Line = Field(description="a line of up to 200 characters")
    note: Line | None = Field(None, description="a line of up to 200 characters")


class SubmissionResult(Strict):
    """Metrics of external predictions, computed here. No evidence for any cell of a paper."""

    format: Literal[1] = 1
    kind: Literal["submission"] = "submission"
    card: ModelCard
    dataset: Layout
    tier: Tier
    protocol: dict[str, str]
    metrics: dict[str, Percent]
    diagnosis: Diagnosis
    predictions: Predictions | None = None
    notes: tuple[str, ...] = Field((), description="remarks on the predictions")
    provenance: Provenance


Result = Annotated[CountResult | SpeedResult | AccuracyResult, Field(discriminator="kind")]
AnyResult = Annotated[
    CountResult | SpeedResult | AccuracyResult | SubmissionResult, Field(discriminator="kind")
]
