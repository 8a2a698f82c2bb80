"""What other machines measured; and where two measured the same run with the same seed, whether they agree.

A training with the same seed on other hardware is another order of the same sums, from which it departs as a training
with another seed does. Two machines agree where no seed differs by more than two seeds would, in 95 of 100 comparisons
(of one seed: 2.77 times the deviation that is believed, `bench.judge.tolerance`; of more: Sidak's bound); released
weights where they differ by no more than another framework's arithmetic does. Counts are exact and have nothing to
agree on.
"""

import math
from collections.abc import Iterable
from typing import Any

from scipy.special import ndtri

from bench.judge.statistics import Spread
from bench.judge.tolerance import released
from bench.results.locations import machine_name
from bench.results.records import AccuracyResult
from bench.results.store import Stored

COPY = "; predictions the same byte by byte"


def apart(pairs: int) -> float:
    """The most of so many pairs of draws of one deviation is less than this many of it in 95 of 100 cases."""
    return math.sqrt(2.0) * float(ndtri((1.0 + 0.95 ** (1.0 / pairs)) / 2.0))


def machine_of(stored: Stored[Any]) -> str:
    """Where it was measured: the machine it was merged as, or the name of its hardware."""
    return stored.machine or machine_name(stored.result.provenance.hardware)


def elsewhere(members: Iterable[Stored[AccuracyResult]]) -> list[str]:
    """In words, which of some trainings or evaluations were not measured here but merged."""
    found: dict[str, list[int]] = {}
    for one in members:
        if one.machine:
            found.setdefault(one.machine, []).append(one.result.seed)
    return [
        f"seed{'s' * (len(seeds) > 1)} {', '.join(map(str, sorted(seeds)))} measured on {name}"
        for name, seeds in sorted(found.items())
    ]


def agreement(
    members: Iterable[Stored[AccuracyResult]], key: str, metric: str, spread: Spread | None
) -> tuple[str, ...]:
    """One line for each pair of machines that measured the same seeds by one protocol; empty if none did.

    key: of the values in the results. spread: the least deviation between seeds; None for released weights.
    """
    found: dict[tuple[str, str], dict[int, float]] = {}
    same: set[tuple[str, str, int]] = set()  # as by a copy with another name
    for stored in members:
        here = stored.result
        for other in stored.also:
            there = other.result
            if there.protocol != here.protocol or there.failed or key not in there.values:
                continue
            one, two = machine_of(stored), machine_of(other)
            pair = (two, one) if (two, one) in found else (one, two)
            by_seed = found.setdefault(pair, {})
            if here.predictions and here.predictions == there.predictions:
                same.add((*pair, here.seed))
            by_seed[here.seed] = there.values[key] - here.values[key]
    return tuple(
        _words(names, by_seed, metric, spread)
        + (COPY if same >= {(*names, s) for s in by_seed} else "")
        for names, by_seed in sorted(found.items())
    )


def _words(
    names: tuple[str, str], by_seed: dict[int, float], metric: str, spread: Spread | None
) -> str:
    allowed = released(metric) if spread is None else apart(len(by_seed)) * spread.deviation
    most = max(by_seed.values(), key=abs)
    verdict = "agree" if abs(most) <= allowed else "do not agree"
    seeds = ", ".join(map(str, sorted(by_seed)))
    shown = f"seed{'s' * (len(by_seed) > 1)} {seeds}" if spread else "weights"
    both = " and ".join(names) if names[0] != names[1] else f"two {names[0]}"
    return (
        f"{both} {verdict}: {metric} of {shown} differs by "
        f"{'at most ' * (len(by_seed) > 1)}{abs(most):.3g}, allowed {allowed:.3g}"
    )
