"""Two machines that measured the same run with the same seed: do they agree?

A training with the same seed on other hardware is another order of the same sums, from which it departs as a training
with another seed does. Two machines agree where they differ by no more than two seeds would (95 %: 2.77 times the
deviation between seeds that is believed, `bench.judge.tolerance`); released weights where they differ by no more than
another framework's arithmetic does. Counts are exact and have nothing to agree on.
"""

import math
from collections.abc import Iterable

from bench.judge.statistics import Spread
from bench.judge.tolerance import released
from bench.results.locations import machine_name
from bench.results.records import AccuracyResult
from bench.results.store import Stored

#: Two independent draws of one deviation differ by less than this many of it in 95 of 100 cases.
APART = 1.96 * math.sqrt(2.0)


def agreement(
    members: Iterable[Stored[AccuracyResult]], key: str, metric: str, spread: Spread | None
) -> tuple[str, ...]:
    """One line for each pair of machines that measured the same seeds by one protocol; empty if none did.

    key: of the values in the results. spread: the least deviation between seeds; None for released weights.
    """
    found: dict[tuple[str, str], dict[int, float]] = {}
    for stored in members:
        here = stored.result
        for other in stored.also:
            there = other.result
            if there.protocol != here.protocol or there.failed or key not in there.values:
                continue
            names = tuple(machine_name(one.provenance.hardware) for one in (here, there))
            by_seed = found.setdefault((names[0], names[1]), {})
            by_seed[here.seed] = there.values[key] - here.values[key]
    return tuple(_words(names, by_seed, metric, spread) for names, by_seed in sorted(found.items()))


def _words(
    names: tuple[str, str], by_seed: dict[int, float], metric: str, spread: Spread | None
) -> str:
    allowed = released(metric) if spread is None else APART * spread.deviation
    most = max(by_seed.values(), key=abs)
    verdict = "agree" if abs(most) <= allowed else "do not agree"
    seeds = ", ".join(map(str, sorted(by_seed)))
    shown = f"seed{'s' * (len(by_seed) > 1)} {seeds}" if spread else "weights"
    return (
        f"{names[0]} and {names[1]} {verdict}: {metric} of {shown} differs by "
        f"{'at most ' * (len(by_seed) > 1)}{abs(most):.3g}, allowed {allowed:.3g}"
    )
