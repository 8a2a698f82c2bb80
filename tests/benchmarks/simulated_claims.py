"""Claims on simulated papers, each with its truth as a function of the true values of the rows.

The truth is computed here without the judge: the only thing shared with it is the language in which claims are
written. A claim has three truths. `true`: it is true as stated. `near`: it is true within the margin, half a point of
the accuracies (15 % of a ratio of speeds, the printed digits of counts). `direction`: its sign is right, all that
synthetic data can show of a size.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf

import numpy as np

MARGIN = 0.5
ROUNDS_ALIKE = 0.05
TINY = 1e-9
Values = Mapping[str, float]
Truth = Callable[[Values], bool]
Number = Callable[[Values], float]


@dataclass(frozen=True)
class SimulatedClaim:
    """An expression over `rows`, and when it is true."""

    kind: str
    expression: str
    rows: tuple[str, ...]
    true: Truth
    near: Truth
    direction: Truth | None = None
    claimed: str | None = None
    rounding: str = "nearest"


def at(row: str, column: str = "ap") -> str:
    return f"[1/{row}/{column}]"


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def gap(rng: np.random.Generator) -> float:
    """Difference of two true means in points: a quarter are ties, a quarter below half a point, a fifth above 2."""
    size = rng.choice(4, p=[0.25, 0.25, 0.30, 0.20])
    if size == 0:
        return 0.0
    low, high = [(0.05, 0.5), (0.5, 2.0), (2.0, 10.0)][size - 1]
    return float(rng.choice([-1.0, 1.0])) * log_uniform(rng, low, high)


def allowed(claimed: float, digit: float, rounding: str) -> tuple[float, float]:
    """What a claimed number allows (docs/papers.md)."""
    about = max(digit, 0.05 * abs(claimed))
    below, above = {
        "nearest": (digit / 2, digit / 2),
        "about": (about, about),
        "at-least": (0.0, inf),
        "at-most": (inf, 0.0),
    }[rounding]
    return claimed - below, claimed + above


# ---------------------------------------------------------------- orders


def _order(kind: str, expression: str, rows: Sequence[str], true: Truth) -> SimulatedClaim:
    return SimulatedClaim(kind, expression, tuple(rows), true, true)


def above(a: str, b: str) -> SimulatedClaim:
    return _order("order: a > b", f"{at(a)} > {at(b)}", (a, b), lambda v: v[a] > v[b])


def not_below(a: str, b: str) -> SimulatedClaim:
    return _order("order: a >= b", f"{at(a)} >= {at(b)}", (a, b), lambda v: v[a] >= v[b])


def above_two(a: str, b: str, c: str) -> SimulatedClaim:
    expression = f"{at(a)} > {at(b)} and {at(a)} > {at(c)}"
    return _order("order: a > b and a > c", expression, (a, b, c), lambda v: v[a] > max(v[b], v[c]))


def best(a: str, among: Sequence[str], pattern: str) -> SimulatedClaim:
    expression = f"best({at(a)}, {at(pattern)})"
    return _order("order: best", expression, among, lambda v: v[a] >= max(v[r] for r in among))


def rising(among: Sequence[str], pattern: str, falls: bool) -> SimulatedClaim:
    def true(v: Values) -> bool:
        steps = itertools.pairwise(v[row] for row in among)
        return all(a > b if falls else a < b for a, b in steps)

    name = "falling" if falls else "rising"
    return _order("order: rising, falling", f"{name}({at(pattern)})", among, true)


def extreme(position: int, among: Sequence[str], pattern: str) -> SimulatedClaim:
    chosen = among[position - 1]
    expression = f"argmax({at(pattern)}) == {position}"
    return _order("argmax", expression, among, lambda v: v[chosen] >= max(v[r] for r in among))


def exceeds(a: str, bound: float) -> SimulatedClaim:
    return _order(
        "size: a > number", f"{at(a)} > {bound:.1f}", (a,), lambda v: v[a] > float(f"{bound:.1f}")
    )


def differs_by(a: str, b: str, bound: float, most: bool) -> SimulatedClaim:
    bound = float(f"{bound:.1f}")
    sign = "<=" if most else ">="
    return _order(
        "size: a - b >= number",
        f"{at(a)} - {at(b)} {sign} {bound}",
        (a, b),
        lambda v: v[a] - v[b] <= bound + TINY if most else v[a] - v[b] >= bound - TINY,
    )


# ---------------------------------------------------------------- equality and claimed sizes


def equal(a: str, b: str) -> SimulatedClaim:
    return SimulatedClaim(
        "equal: a == b",
        f"{at(a)} == {at(b)}",
        (a, b),
        lambda v: abs(v[a] - v[b]) <= ROUNDS_ALIKE,
        lambda v: abs(v[a] - v[b]) <= MARGIN,
    )


def sized(
    kind: str,
    expression: str,
    rows: Sequence[str],
    value: Number,
    claimed: str,
    *,
    rounding: str = "nearest",
    edge: float = 0.0,
    slack: Number = lambda v: MARGIN,
) -> SimulatedClaim:
    """A claimed number: `edge` is its value for equal rows, `slack` what the margin makes of it."""
    number, digit = float(claimed), 10.0 ** -len(claimed.partition(".")[2])
    low, high = allowed(number, digit, rounding)

    def within(v: Values, by: Number) -> bool:
        return low - by(v) - TINY <= value(v) <= high + by(v) + TINY

    def direction(v: Values) -> bool:
        return (value(v) - edge) * (number - edge) > 0

    return SimulatedClaim(
        kind,
        expression,
        tuple(rows),
        partial(within, by=lambda v: 0.0),
        partial(within, by=slack),
        direction,
        claimed,
        rounding,
    )


def difference(rng: np.random.Generator, a: str, b: str, printed: Values) -> SimulatedClaim:
    """a - b as the printed numbers give it, or (two in five) a number that they do not give."""
    if printed[a] < printed[b]:
        a, b = b, a
    stated = max(printed[a] - printed[b] + other(rng), 0.1)
    rounding = str(rng.choice(["nearest", "at-least", "at-most", "about"]))
    claimed = f"{stated:.1f}" if rng.random() < 0.7 else f"{max(stated, 1.0):.0f}"
    return sized(
        f"size: a - b {rounding}",
        f"{at(a)} - {at(b)}",
        (a, b),
        lambda v: v[a] - v[b],
        claimed,
        rounding=rounding,
    )


def other(rng: np.random.Generator) -> float:
    """What a claimed number is off, in points: mostly nothing."""
    if rng.random() < 0.6:
        return 0.0
    return float(rng.choice([-1.0, 1.0])) * log_uniform(rng, 0.3, 5.0)


def ratio(rng: np.random.Generator, a: str, b: str, printed: Values) -> SimulatedClaim:
    """`percent_more` or `times` of two accuracies; the margin is what half a point of each makes of it."""
    if printed[a] < printed[b]:
        a, b = b, a
    times = (printed[a] + other(rng)) / printed[b]
    percent = rng.random() < 0.5
    scale = 100.0 if percent else 1.0
    edge = 0.0 if percent else 1.0
    claimed = f"{max(100.0 * (times - 1.0), 0.1):.1f}" if percent else f"{max(times, 1.01):.2f}"
    return sized(
        "size: ratio",
        f"{'percent_more' if percent else 'times'}({at(a)}, {at(b)})",
        (a, b),
        lambda v: scale * (v[a] / v[b] if v[b] else inf) - (scale - edge if percent else 0.0),
        claimed,
        edge=edge,
        slack=lambda v: scale * MARGIN / v[b] if v[b] else inf,
    )


def some_claims(
    rng: np.random.Generator, rows: Sequence[str], steps: Sequence[str], printed: Values
) -> list[SimulatedClaim]:
    """A claim of each kind on rows m1, m2, ... (a set) and s1, s2, ... (a series)."""

    def picked(n: int) -> list[str]:
        return [str(row) for row in rng.choice(rows, n, replace=False)]

    def likely() -> list[str]:
        """Two rows, the higher printed first three times in four: papers claim what they print."""
        a, b = picked(2)
        return [a, b] if (printed[a] >= printed[b]) == (rng.random() < 0.75) else [b, a]

    top = max(rows, key=lambda row: printed[row]) if rng.random() < 0.75 else picked(1)[0]

    def bounded() -> SimulatedClaim:
        a, b = likely()
        return differs_by(a, b, printed[a] - printed[b] + gap(rng), bool(rng.random() < 0.5))

    [one] = picked(1)
    return [
        above(*likely()),
        not_below(*likely()),
        above_two(top, *[row for row in rows if row != top][:2]),
        best(top, rows, "m*"),
        rising(steps, "s*", bool(rng.random() < 0.3)),
        extreme(list(rows).index(top) + 1, rows, "m*"),
        exceeds(one, printed[one] + gap(rng)),
        bounded(),
        equal(*picked(2)),
        difference(rng, *picked(2), printed),
        difference(rng, *picked(2), printed),
        ratio(rng, *picked(2), printed),
    ]
