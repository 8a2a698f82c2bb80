"""COCO's keypoint evaluation of a whole data set at once: which detection is matched to whom, precision, recall.

After COCOeval of pycocotools (Lin et al., Microsoft COCO, ECCV 2014; its `evaluateImg`, `accumulate`, `summarize`) and
that of xtcocotools for CrowdPose, to the last bit: `bench.evaluate.reference` compares the two on every run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bench.evaluate.instances import Bools, Floats, Instances, Ints, Pairs, Rules
from bench.evaluate.oks import compute_oks

AREAS: Mapping[str, tuple[float, float]] = {  # square pixels
    "all": (0.0, 1e5**2),
    "medium": (32.0**2, 96.0**2),
    "large": (96.0**2, 1e5**2),
}
THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0.0, 1.0, 101)
LOOSE = 0.1  # OKS from which a detection is of a person, for the error diagnosis


@dataclass(frozen=True)
class Evaluated:
    """P people, D detections and R pairs of them as in `Instances`; A areas as in `AREAS`, T OKS thresholds.

    oks: [R]. match: [A, T, D] index of the matched person, -1 without. ignored_people: [A, P]. ignored: [A, T, D]
    detections that are neither right nor wrong. loose: [D] as `match`, at an OKS of 0.1 and for every area.
    """

    of: Instances
    pairs: Pairs
    oks: Floats
    match: Ints
    ignored_people: Bools
    ignored: Bools
    loose: Ints


class Curves(NamedTuple):
    """Precision and the lowest score at each recall [T, 101, A], reached recall [T, A]; -1 where nobody counts."""

    precision: Floats
    recall: Floats
    scores: Floats


def evaluate_instances(of: Instances, rules: Rules) -> Evaluated:
    """Match the detections of all images to people."""
    pairs = Pairs.of(of.found_image, of.groups())
    oks = compute_oks(of, pairs, rules)
    low, high = np.array(list(AREAS.values())).T[:, :, None]
    ignored_people = of.ignore | (of.areas < low) | (of.areas > high)
    match = _match(of, pairs, oks, ignored_people, THRESHOLDS)
    outside = (of.found_areas < low) | (of.found_areas > high)
    ignored = ignored_of(match, ignored_people, outside)
    loose = _match(of, pairs, oks, ignored_people[:1], np.array([LOOSE]))[0, 0]
    return Evaluated(of, pairs, oks, match, ignored_people, ignored, loose)


def ignored_of(match: Ints, ignored_people: Bools, outside: Bools) -> Bools:
    """[A, T, D]: matched to somebody who is ignored, or unmatched and outside of the area."""
    area = np.arange(len(match))[:, None, None]
    if not ignored_people.shape[1]:
        return np.broadcast_to(outside[:, None], match.shape)
    return np.where(match >= 0, ignored_people[area, match], outside[:, None])


def _match(
    of: Instances, pairs: Pairs, oks: Floats, ignored_people: Bools, thresholds: Floats
) -> Ints:
    """[A, T, D] the person of each detection, as COCOeval chooses: detections by score, each takes the best person who
    is free; somebody ignored only if nobody else is near, crowds any number of times.

    All images go on together: in each round their next detection that is near anybody.
    """
    lowest = np.minimum(thresholds, 1 - 1e-10)
    near = np.flatnonzero(oks >= lowest.min())
    best = near[np.lexsort((-pairs.person[near], -oks[near], pairs.found[near]))]
    found, column = _numbered(pairs.found[best])
    people = np.full((len(found), column.max(initial=-1) + 1), len(of.person))
    close = np.full(people.shape, -1.0)
    row = np.searchsorted(found, pairs.found[best])
    people[row, column], close[row, column] = pairs.person[best], oks[best]
    turn = _numbered(of.found_image[found])[1]
    shape = (len(ignored_people), len(thresholds))
    match = np.full((*shape, len(of.entry)), -1, dtype=np.int64)
    taken = np.zeros((*shape, len(of.person) + 1), dtype=bool)
    single = np.append(~of.crowd, True)
    counted = np.pad(~ignored_people, ((0, 0), (0, 1)))
    for now in range(turn.max(initial=-1) + 1):
        rows = np.flatnonzero(turn == now)
        wide = int((close[rows] >= 0).sum(axis=1).max())
        who, oks_now = people[rows, :wide], close[rows, :wide]
        free = (oks_now >= lowest[:, None, None]) & ~(taken[:, :, who] & single[who])
        first = free & counted[:, None, who]
        free = np.where(first.any(axis=3, keepdims=True), first, free)
        at = free.argmax(axis=3)
        chosen = np.where(free.any(axis=3), who[np.arange(len(who)), at], -1)
        match[:, :, found[rows]] = chosen
        area, threshold, place = np.nonzero(chosen >= 0)
        taken[area, threshold, chosen[area, threshold, place]] = True
    return match


def _numbered(sorted_values: Ints) -> tuple[Ints, Ints]:
    """The different values, and for each value how many equal ones stand before it."""
    values, first, counts = np.unique(sorted_values, return_index=True, return_counts=True)
    return values, np.arange(len(sorted_values)) - np.repeat(first, counts)


def curves(evaluated: Evaluated, images: Bools | None = None) -> Curves:
    """Precision and recall by decreasing score, over all images or the chosen ones [N]."""
    of = evaluated.of
    chosen = np.ones(len(of.images), dtype=bool) if images is None else images
    found, people = chosen[of.found_image], chosen[of.image]
    scores = of.scores[found]
    best = np.argsort(-scores, kind="stable")
    places, scores = np.flatnonzero(found)[best], scores[best]
    shape = len(THRESHOLDS), len(RECALLS), len(AREAS)
    precision, lowest = np.full(shape, -1.0), np.full(shape, -1.0)
    recall = np.full((len(THRESHOLDS), len(AREAS)), -1.0)
    for area, ignored_people in enumerate(evaluated.ignored_people):
        if not (count := int((~ignored_people & people).sum())):
            continue
        precision[:, :, area] = lowest[:, :, area] = 0.0
        lowest[:, 0, area] = scores[0] if len(scores) else 0.0
        for threshold, matched in enumerate(evaluated.match[area] >= 0):
            counts = ~evaluated.ignored[area, threshold, places]
            hits = np.flatnonzero(matched[places] & counts)
            recall[threshold, area] = len(hits) / count
            true = np.arange(1.0, len(hits) + 1)
            share = true / (np.cumsum(counts)[hits] + np.spacing(1))
            share = np.maximum.accumulate(share[::-1])[::-1]
            at = np.searchsorted(true / count, RECALLS, side="left")
            at = at[at < len(hits)]
            precision[threshold, : len(at), area] = share[at]
            lowest[threshold, 1 : len(at), area] = scores[hits[at[1:]]]
    return Curves(precision, recall, lowest)


def mean_of(values: Floats) -> float:
    """The mean of the values of areas with people, -1 without any, as COCOeval summarises."""
    counted = values[values > -1]
    return float(np.mean(counted)) if counted.size else -1.0
