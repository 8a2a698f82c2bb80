"""Simulated papers of speeds and of counts; see `simulated_papers` for trained networks."""

from math import exp

import numpy as np

from bench.catalog.schema import Column
from bench.results.records import Timing
from tests.benchmarks.simulated_claims import SimulatedClaim, Values, allowed, at, log_uniform
from tests.benchmarks.simulated_papers import Simulated, as_paper
from tests.factories import counted, speed

GPU = "Tesla T4"
MACHINES = {
    "same": (f"NVIDIA {GPU}", "cuda"),
    "other": ("NVIDIA H200", "cuda"),
    "cpu": ("2 cores", "cpu"),
}
SPEED_MARGIN = 0.15
ROWS = ("m1", "m2", "m3")


# ---------------------------------------------------------------- speeds


def timed_paper(rng: np.random.Generator) -> Simulated:
    """Frames per second of three networks, printed for a GPU; timed on it, on another, or on a CPU."""
    machine = str(rng.choice(["same", "other", "cpu"], p=[0.4, 0.2, 0.4]))
    base = log_uniform(rng, 5.0, 200.0)
    theirs = {row: base * exp(_log_ratio(rng)) for row in ROWS}
    apart = {"same": 0.0, "other": 0.2, "cpu": 0.5}[machine]
    here = {}
    for row, value in theirs.items():
        changed = 0.0 if rng.random() < 0.5 else _log_ratio(rng)
        factor = changed if machine == "same" else rng.normal(0.0, apart)
        here[row] = value * exp(factor) * {"same": 1.0, "other": 4.0, "cpu": 0.05}[machine]
    printed = {row: round(value, 1) for row, value in theirs.items()}
    claims = [_faster(rng, printed), _best(printed), _times(rng, printed), _times(rng, printed)]
    paper = as_paper(
        [Column(key="fps", label="FPS", metric="fps")],
        {row: f"{value:.1f}" for row, value in printed.items()},
        claims,
        {"machine": GPU, "input_size": "256x192"},
    )
    name, device = MACHINES[machine]
    timings = {f"net-{row}": _timing(rng, value) for row, value in here.items()}
    result = speed({}, machine=name, device=device).model_copy(update={"timings": timings})
    named = {f"claim-{number}": one for number, one in enumerate(claims)}
    return Simulated(
        paper, {"timed.json": result}, named, {"timed": here}, theirs, printed, machine=machine
    )


def _log_ratio(rng: np.random.Generator) -> float:
    """A quarter are equal, the others differ by 3 % to a factor of 3."""
    return 0.0 if rng.random() < 0.25 else float(rng.choice([-1, 1])) * log_uniform(rng, 0.03, 1.1)


def _timing(rng: np.random.Generator, fps: float) -> Timing:
    """Of 50 samples: their median scatters by a quarter of the distance to the quartiles, and clocks by 1 %."""
    quartile = log_uniform(rng, 0.003, 0.08)
    median = 1000.0 / fps * exp(rng.normal(0.0, 0.26 * quartile) + rng.normal(0.0, 0.01))
    return Timing(
        median_ms=median,
        low_ms=median * (1 - quartile),
        high_ms=median * (1 + quartile),
        samples=50,
    )


def _faster(rng: np.random.Generator, printed: Values) -> SimulatedClaim:
    a, b = _two(rng, printed)
    if rng.random() < 0.2:
        a, b = b, a
    text = f"{at(a, 'fps')} > {at(b, 'fps')}"
    return SimulatedClaim(
        "speed: order", text, (a, b), lambda v: v[a] > v[b], lambda v: v[a] > v[b]
    )


def _best(printed: Values) -> SimulatedClaim:
    top = max(printed, key=lambda row: printed[row])
    text = f"best({at(top, 'fps')}, {at('*', 'fps')})"

    def true(v: Values) -> bool:
        return v[top] >= max(v.values())

    return SimulatedClaim("speed: order", text, ROWS, true, true)


def _two(rng: np.random.Generator, printed: Values) -> tuple[str, str]:
    a, b = (str(row) for row in rng.choice(ROWS, 2, replace=False))
    return (a, b) if printed[a] >= printed[b] else (b, a)


def _times(rng: np.random.Generator, printed: Values) -> SimulatedClaim:
    a, b = _two(rng, printed)
    stated = printed[a] / printed[b] * (1.0 if rng.random() < 0.6 else exp(_log_ratio(rng)))
    stated = max(stated, 1.01)
    percent = rng.random() < 0.5
    claimed = f"{100 * (stated - 1):.0f}" if percent else f"{stated:.1f}"
    if float(claimed) in (0.0, 1.0) and not percent:
        claimed = "1.1"
    rounding = str(rng.choice(["nearest", "at-least", "about"]))
    ends = allowed(float(claimed), 1.0 if percent else 0.1, rounding)
    low, high = (1.0 + end / 100.0 for end in ends) if percent else ends
    text = f"{'percent_more' if percent else 'times'}({at(a, 'fps')}, {at(b, 'fps')})"
    return SimulatedClaim(
        "speed: ratio",
        text,
        (a, b),
        lambda v: low <= v[a] / v[b] <= high,
        lambda v: low * (1 - SPEED_MARGIN) <= v[a] / v[b] <= high * (1 + SPEED_MARGIN),
        claimed=claimed,
        rounding=rounding,
    )


# ---------------------------------------------------------------- counts


def counted_paper(rng: np.random.Generator) -> Simulated:
    """Parameters of three networks, printed to 0.1 M; three in four are counted here exactly as there."""
    theirs = {row: round(1e6 * log_uniform(rng, 3.0, 80.0)) for row in ROWS}
    if rng.random() < 0.3:
        theirs["m2"] = theirs["m1"]
    here = {
        row: n if rng.random() < 0.75 else round(n * rng.uniform(0.9, 1.1))
        for row, n in theirs.items()
    }
    printed = {row: round(n / 1e6, 1) for row, n in theirs.items()}
    claims = [_fewer(rng, printed), _percent_less(rng, printed), _percent_less(rng, printed)]
    paper = as_paper(
        [Column(key="params", label="#Params", metric="params")],
        {row: f"{value:.1f}M" for row, value in printed.items()},
        claims,
        {"input_size": "256x192"},
    )
    results = {f"counted/{row}.json": counted(f"net-{row}", n) for row, n in here.items()}
    named = {f"claim-{number}": one for number, one in enumerate(claims)}
    ours = {row: n / 1e6 for row, n in here.items()}
    return Simulated(
        paper,
        results,
        named,
        {"counted": ours},
        {row: n / 1e6 for row, n in theirs.items()},
        printed,
    )


def _fewer(rng: np.random.Generator, printed: Values) -> SimulatedClaim:
    b, a = _two(rng, printed)
    text = f"{at(a, 'params')} < {at(b, 'params')}"
    return SimulatedClaim(
        "count: order", text, (a, b), lambda v: v[a] < v[b], lambda v: v[a] < v[b]
    )


def _percent_less(rng: np.random.Generator, printed: Values) -> SimulatedClaim:
    """True if some counts that round to the same printed digits give the claimed number."""
    b, a = _two(rng, printed)
    off = 0.0 if rng.random() < 0.7 else float(rng.normal(0.0, 5.0))
    claimed = f"{abs(100.0 * (1.0 - printed[a] / printed[b]) + off):.1f}"
    low, high = allowed(float(claimed), 0.1, "nearest")

    def reaches(v: Values) -> bool:
        ends = [
            100.0 * (1.0 - (v[a] + i) / (v[b] + j)) for i in (-0.05, 0.05) for j in (-0.05, 0.05)
        ]
        return min(ends) <= high + 1e-9 and max(ends) >= low - 1e-9

    text = f"percent_less({at(a, 'params')}, {at(b, 'params')})"
    return SimulatedClaim("count: ratio", text, (a, b), reaches, reaches, claimed=claimed)
