"""Papers and results whose truth is known: true means, seeds, printed draws, protocols.

A trained paper has a set of four rows and a series of three. Each row has a true mean and a seed-to-seed deviation
(0.1 to 7 points, log-uniform by paper, unlike between its rows); what the authors print is one draw, rounded to one
decimal. Here the same mean is drawn again with 1 to 5 seeds, or, for half of the rows, a shifted one. Some rows of
small networks learn nothing (0.0 for every seed). Some rows are measured under another protocol as well, or only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bench.catalog.schema import Claim, Column, Paper, Row, Run, Table
from bench.results.records import AccuracyResult, Result
from tests.benchmarks.simulated_claims import SimulatedClaim, above, gap, log_uniform, some_claims
from tests.factories import PRINTED, SYNTHETIC, trained

ROWS, STEPS = ("m1", "m2", "m3", "m4"), ("s1", "s2", "s3")
EVERY = (*ROWS, *STEPS)
TIERS, SHARES = ("smoke", "lab", "full", "released"), (0.25, 0.25, 0.38, 0.12)
SPREADS = (0.1, 7.0)
EVALUATED_AGAIN = 0.07  # points, one standard deviation: the same weights with another library


@dataclass
class Simulated:
    """A paper, what was measured for it, and the truth.

    here: tier -> row -> true value under the printed protocol. theirs: row -> the authors' true value. printed: row ->
    the number in the table. seeds: tier -> row -> how many. spread: the paper's seed-to-seed deviation.
    machine: of timings, "same", "cpu" or "other".
    """

    paper: Paper
    results: dict[str, Result]
    claims: dict[str, SimulatedClaim]
    here: dict[str, dict[str, float]]
    theirs: dict[str, float]
    printed: dict[str, float] = field(default_factory=dict)
    seeds: dict[str, dict[str, int]] = field(default_factory=dict)
    spread: float | None = None
    machine: str = ""


def as_claim(number: int, one: SimulatedClaim) -> Claim:
    """As it stands in a claims file; its place is given in the form that older code knows, too."""
    fields = {
        "id": f"claim-{number}",
        "where": "Sec. 1, p. 1",
        "claim": one.kind,
        "expression": one.expression,
        "claimed": one.claimed,
        "rounding": one.rounding,
    }
    return Claim.model_validate(fields)


def as_paper(
    columns: Sequence[Column],
    cells: dict[str, str],
    claims: Sequence[SimulatedClaim],
    protocol: dict[str, str],
) -> Paper:
    """One table with these rows, each the paper's own, and the claims on it."""
    rows = [
        Row(key=row, label=row, origin="own", run=f"run-{row}", cells=tuple(text.split(" | ")))
        for row, text in cells.items()
    ]
    table = Table(
        table="1",
        title="simulated",
        page=1,
        split=PRINTED["split"],
        protocol=protocol,
        columns=tuple(columns),
        rows=tuple(rows),
    )
    return Paper(
        id="sim",
        order=1,
        method="Sim",
        title="Sim",
        authors="N. N.",
        venue="none",
        year=2030,
        tables=(table,),
        runs={f"run-{row}": Run(config=f"net-{row}", dataset="coco") for row in cells},
        claims=tuple(as_claim(number, one) for number, one in enumerate(claims)),
    )


# ---------------------------------------------------------------- trained networks


def levels(rng: np.random.Generator, tier: str) -> dict[str, float]:
    """True means of all rows: a set around one level, a series that rises in half of the papers."""
    base = rng.uniform(25.0, 70.0) if tier in ("smoke", "lab") else rng.uniform(50.0, 75.0)
    means = {row: base + gap(rng) for row in ROWS}
    if rng.random() < 0.4:
        means[ROWS[1]] = means[ROWS[0]]
    step = base + gap(rng)
    climbs = rng.random() < 0.5
    for row in STEPS:
        means[row] = step
        step += abs(gap(rng)) if climbs else gap(rng)
    if tier in ("smoke", "lab"):
        dead = 0.08 if tier == "smoke" else 0.03
        means |= {row: 0.0 for row in means if rng.random() < dead}
    return means


def draw(rng: np.random.Generator, mean: float, spread: float) -> float:
    """One training. A network that learns nothing scores nothing with every seed."""
    return float(np.clip(rng.normal(mean, spread), 0.0, 100.0)) if mean > 0.0 else 0.0


def seeds_of(rng: np.random.Generator) -> dict[str, int]:
    """Mostly one number of seeds for a whole paper."""
    if rng.random() < 0.7:
        return dict.fromkeys(EVERY, int(rng.integers(1, 6)))
    return {row: int(rng.integers(1, 6)) for row in EVERY}


def protocols(
    rng: np.random.Generator, tier: str, differ: bool
) -> list[tuple[dict[str, str], float]]:
    """Under which protocols a row was measured, and the points each adds: the common one, another, or both."""
    small = tier in ("smoke", "lab")
    plain = dict(SYNTHETIC if small else PRINTED)
    if not small:
        plain["decoding"] = "dark"
    others = [({**plain, "data": "synthetic-hard"}, -8.0)]
    if not small:
        others = [
            ({**plain, "boxes": "ground-truth"}, 2.0),
            ({**plain, "decoding": "quarter-shift"}, -0.8),
        ]
    chosen = rng.random()
    if not differ or chosen < 0.7:
        return [(plain, 0.0)]
    another = others[int(rng.integers(len(others)))]
    return [another] if chosen < 0.85 else [(plain, 0.0), another]


def measured(
    rng: np.random.Generator, tier: str, row: str, values: Sequence[float], protocol: dict[str, str]
) -> list[AccuracyResult]:
    """One result a training; released weights are one result of the full tier."""
    changes: dict[str, Any] = {"protocol": protocol}
    if tier == "released":
        changes["evidence"] = "released-weights"
    stored = "full" if tier == "released" else tier
    first = int(rng.integers(1000))
    return [
        trained(f"run-{row}", first + n, value, stored, metrics={"AP": value}, **changes)
        for n, value in enumerate(values)
    ]


def simulate_trainings(
    rng: np.random.Generator,
    paper: Simulated,
    tier: str,
    deviation: dict[str, float],
    *,
    differ: bool,
) -> None:
    """Adds results of a tier: every row with its seeds, under its protocols."""
    truth, seeds = paper.here[tier], paper.seeds[tier]
    for row, mean in truth.items():
        for protocol, offset in protocols(rng, tier, differ):
            level = mean + offset if mean > 0 else mean
            values = [draw(rng, level, deviation[row]) for _ in range(seeds[row])]
            for one in measured(rng, tier, row, values, protocol):
                paper.results[f"{tier}/{row}/{len(paper.results)}.json"] = one


def trained_paper(rng: np.random.Generator) -> Simulated:
    """A paper with a claim of each kind, measured here at one tier."""
    tier, spread = str(rng.choice(TIERS, p=SHARES)), log_uniform(rng, *SPREADS)
    unlike = np.exp(rng.normal(0.0, 0.3, len(EVERY)))
    deviation = dict(zip(EVERY, np.clip(spread * unlike, *SPREADS), strict=True))
    theirs = levels(rng, "full")
    drawn = {row: draw(rng, mean, deviation[row]) for row, mean in theirs.items()}
    shift = {row: 0.0 if rng.random() < 0.5 else gap(rng) for row in theirs}
    here = {row: mean + shift[row] for row, mean in theirs.items()}
    if tier in ("smoke", "lab"):
        here = levels(rng, tier)
    printed = {row: round(value, 1) for row, value in drawn.items()}
    claims = some_claims(rng, ROWS, STEPS, printed)
    seeds = seeds_of(rng)
    if tier == "released":  # the authors' own networks, evaluated again
        here = {row: value + shift[row] for row, value in drawn.items()}
        theirs, seeds = drawn, dict.fromkeys(EVERY, 1)
        deviation = dict.fromkeys(EVERY, EVALUATED_AGAIN)
    made = printed_paper(tier, printed, claims, spread)
    made.here[tier], made.theirs, made.seeds[tier] = here, theirs, seeds
    simulate_trainings(rng, made, tier, deviation, differ=bool(rng.random() < 0.25))
    return made


def one_point_paper(rng: np.random.Generator, tier: str, seeds: int, spread: float) -> Simulated:
    """To measure power: m1 is truly one point above m2, and one above the authors' m1; m2 is as theirs."""
    base = float(rng.uniform(40.0, 70.0))
    theirs = dict.fromkeys(EVERY, base)
    printed = {row: round(draw(rng, mean, spread), 1) for row, mean in theirs.items()}
    made = printed_paper(tier, printed, [above("m1", "m2")], spread)
    made.here[tier] = {**theirs, "m1": base + 1.0}
    made.theirs, made.seeds[tier] = theirs, dict.fromkeys(EVERY, seeds)
    simulate_trainings(rng, made, tier, dict.fromkeys(EVERY, spread), differ=False)
    return made


def printed_paper(
    tier: str, printed: dict[str, float], claims: Sequence[SimulatedClaim], spread: float
) -> Simulated:
    paper = as_paper(
        [Column(key="ap", label="AP", metric="AP")],
        {row: f"{value:.1f}" for row, value in printed.items()},
        claims,
        {**PRINTED, "decoding": "dark"},
    )
    named = {f"claim-{number}": one for number, one in enumerate(claims)}
    return Simulated(paper, {}, named, {tier: {}}, {}, printed, spread=spread)
