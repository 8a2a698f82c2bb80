"""Error types of keypoints, after Ronchi and Perona, Benchmarking and Error Diagnosis (ICCV 2017).

A detection is compared with the person that the official evaluator matches it to, at an OKS of 0.1 or more. Each of its
keypoints is compared with the annotation of that keypoint and of its left-right partner on every person of the image.
If the best of these is near, it decides: good, jitter, inversion or swap; otherwise the keypoint is a miss. Thresholds
as in the paper: a keypoint similarity from 0.5 is near, from 0.85 close.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.datasets.keypoints import KEYPOINTS, Skeleton
from bench.evaluate.evaluated import LOOSE, Evaluated
from bench.evaluate.instances import Bools, Floats, Instances, Ints, Pairs
from bench.evaluate.per_person import GOOD, INVERSION, JITTER, MISS, NONE, SWAP, People
from bench.results.records import Diagnosis, FalsePositives

Similarity = Callable[[Floats, Ints], Floats]
NEAR, CLOSE = 0.5, 0.85
OVERLAP = 0.1  # IoU of two boxes, from which people count as crowding each other
THRESHOLDS = f"keypoint similarity: near from {NEAR}, close from {CLOSE}; matched at OKS {LOOSE}"
_SIZES = {"small, below 32x32": 32.0**2, "medium, to 96x96": 96.0**2, "large": np.inf}
_VISIBLE = {"0": 0, "1-5": 5, "6-10": 10, "11-15": 15, "16 and more": 99}
_CROWDING = {"0": 0, "1-2": 2, "3 and more": 10**9}


# ---------------------------------------------------------------- keypoints


def kinds_of(
    similarity: Similarity,
    found: Floats,
    owner: Ints,
    pairs: Pairs,
    truth: Floats,
    labelled: Bools,
    partner: Sequence[int],
) -> NDArray[np.int8]:
    """Error types [F, K] of the keypoints of F detections, -1 where the keypoint is not labelled.

    found: [2, F, K] x and y. owner: [F] index of the matched person. pairs: each detection with everyone in its image.
    truth: [2, P, K], labelled: [P, K] of all people. partner: [K] the keypoint on the other side.
    similarity(squared distances [R, K], person [R]): [R, K], 1 at distance zero, decreasing, 0.5 where near ends and
    0.85 where close ends.
    """
    kinds = np.empty(found.shape[1:], dtype=np.int8)
    sides = [(truth, labelled), (truth[:, :, partner], labelled[:, partner])]
    for part in pairs.parts():
        rows, person = pairs.found[part], pairs.person[part]
        mine = person == owner[rows]
        fits = []
        spots = found[:, rows]
        for points, seen in sides:
            x, y = (spots - points[:, person]) ** 2
            fits.append(np.where(seen[person], similarity(x + y, person), -1.0))
        own, inverted = fits[0][mine], fits[1][mine]
        elsewhere = np.where(mine[:, None], -1.0, np.maximum(*fits))
        first = np.flatnonzero(np.diff(rows, prepend=-1))
        swapped = np.maximum.reduceat(elsewhere, first, axis=0)
        best = np.maximum(own, np.maximum(inverted, swapped))
        kinds[rows[first]] = np.select(
            [best < NEAR, (own == best) & (own >= CLOSE), own == best, swapped == best],
            [MISS, GOOD, JITTER, SWAP],
            INVERSION,
        )
    return np.where(labelled[owner], kinds, NONE).astype(np.int8)


# ---------------------------------------------------------------- COCO and CrowdPose


def diagnose(evaluated: Evaluated, skeleton: Skeleton) -> tuple[Diagnosis, People]:
    """Errors of all people who count, and of all detections."""
    of = evaluated.of
    counts = ~of.ignore
    detection, kinds = _matched(evaluated, skeleton)
    score = np.zeros(len(of.person))
    pair = np.flatnonzero(evaluated.pairs.found == detection[evaluated.pairs.person])
    score[evaluated.pairs.person[pair]] = evaluated.oks[pair]
    entry = np.where(detection >= 0, np.append(of.entry, -1)[detection], -1)
    people = People(
        of.images[of.image][counts], of.person[counts], entry[counts], score[counts], kinds[counts]
    )
    visible = (of.flags == 2).sum(axis=1)
    diagnosis = Diagnosis(
        thresholds=THRESHOLDS,
        everyone=people.group(),
        detections=len(of.entry),
        false_positives=_false_positives(evaluated, len(people.person)),
        by_keypoint=people.by_keypoint(skeleton.names),
        by_size=people.groups(of.areas[counts].tolist(), _SIZES),
        by_visible=people.groups(visible[counts].tolist(), _VISIBLE),
        by_crowding=people.groups(_crowding(of)[counts].tolist(), _CROWDING),
    )
    return diagnosis, people


def _matched(evaluated: Evaluated, skeleton: Skeleton) -> tuple[Ints, NDArray[np.int8]]:
    """Of each person the matched detection [P], -1 without, and the error types [P, K]."""
    of = evaluated.of
    detection = np.full(len(of.person), -1, dtype=np.int64)
    matched = np.flatnonzero(evaluated.loose >= 0)
    detection[evaluated.loose[matched]] = matched
    owner = np.flatnonzero((detection >= 0) & ~of.ignore)
    kinds = np.full(of.flags.shape, NONE, dtype=np.int8)
    kinds[owner] = kinds_of(
        _oks_similarity(skeleton, of.areas),
        of.found[:, detection[owner]],
        owner,
        Pairs.of(of.image[owner], of.groups()),
        of.points,
        of.flags > 0,
        skeleton.partners,
    )
    return detection, kinds


def _oks_similarity(skeleton: Skeleton, areas: Floats) -> Similarity:
    """One term of OKS: exp(-d^2 / (2 area (2 sigma)^2))."""
    spread = 2.0 * (2.0 * np.asarray(skeleton.sigmas)) ** 2

    def similarity(squared: Floats, person: Ints) -> Floats:
        return np.asarray(np.exp(-squared / (spread * (areas[person, None] + np.spacing(1)))))

    return similarity


def _crowding(of: Instances) -> Ints:
    """For each person the number of others in the image (without crowds) whose boxes overlap."""
    pairs = Pairs.of(of.image, of.groups())
    low, high = of.boxes[:, :2], of.boxes[:, :2] + of.boxes[:, 2:]
    areas = np.prod(of.boxes[:, 2:], axis=1)
    number = np.zeros(len(of.person), dtype=np.int64)
    for part in pairs.parts():
        one, other = pairs.found[part], pairs.person[part]
        sides = np.minimum(high[one], high[other]) - np.maximum(low[one], low[other])
        shared = np.prod(np.maximum(sides, 0.0), axis=1)
        overlap = shared / np.maximum(areas[one] + areas[other] - shared, 1e-12)
        crowding = (overlap >= OVERLAP) & (one != other) & ~of.crowd[other]
        number += np.bincount(one[crowding], minlength=len(number))
    return number


def _false_positives(evaluated: Evaluated, people: int) -> FalsePositives:
    near = np.zeros(len(evaluated.loose), dtype=bool)
    near[evaluated.pairs.found[evaluated.oks >= LOOSE]] = True
    unmatched = evaluated.loose < 0
    background = unmatched & ~near
    best = np.argsort(-evaluated.of.scores, kind="stable")[:people]
    return FalsePositives(
        background=int(background.sum()),
        background_confident=int(background[best].sum()),
        duplicate=int((unmatched & near).sum()),
    )


# ---------------------------------------------------------------- MPII


def diagnose_mpii(
    found: Floats,
    truth: Floats,
    heads: Floats,
    labelled: NDArray[np.bool_],
    images: Sequence[str] | None,
) -> tuple[Diagnosis, People]:
    """Errors of MPII predictions [N, 16, 2]: one per annotated person, so there are no false positives or negatives.

    MPII has no sigmas and no areas: its two PCKh thresholds replace the similarities, 0.5 head sizes for near, 0.1
    for close. `images` [N] names the image of each person; without it swaps cannot be recognised.
    """
    skeleton = KEYPOINTS["mpii"]
    everyone = np.arange(len(truth))
    together: dict[str, int] = {}  # image -> its first person
    first = np.array(
        [together.setdefault(images[n] if images else str(n), n) for n in range(len(truth))],
        dtype=np.int64,
    )
    order = np.argsort(first, kind="stable")
    kinds = np.empty(labelled.shape, dtype=np.int8)
    kinds[order] = kinds_of(
        _head_similarity(heads[order]),
        found[order].transpose(2, 0, 1),
        everyone,
        Pairs.of(*_by_group(first[order])),
        truth[order].transpose(2, 0, 1),
        labelled[order],
        skeleton.partners,
    )
    distance = np.linalg.norm(found - truth, axis=2) / heads[:, None]
    hits = ((distance <= 0.5) & labelled).sum(axis=1)
    people = People(first, everyone, everyone, hits / np.maximum(labelled.sum(axis=1), 1), kinds)
    undefined = {
        "false positives and negatives": "MPII gives the position of each person to the network",
        "size": "MPII's evaluation file has no areas",
        "visible": "MPII's evaluation file says what is labelled, not what is visible",
        "crowding": "MPII's evaluation file has no boxes of people",
    }
    if not images:
        undefined["swap"] = "mpii_val.json, which names the image of each person, is missing"
    diagnosis = Diagnosis(
        thresholds="distance in head sizes: near to 0.5, close to 0.1",
        everyone=people.group(),
        detections=len(truth),
        by_keypoint=people.by_keypoint(skeleton.names),
        undefined=undefined,
    )
    return diagnosis, people


def _by_group(first: Ints) -> tuple[Ints, Ints]:
    """The number of each sorted value [N] among the different ones, and where each of these begins and ends."""
    starts, number = np.unique(first, return_index=True, return_inverse=True)[1:]
    return number, np.append(starts, len(first))


def _head_similarity(heads: Floats) -> Similarity:
    """Piecewise linear in the distance: 1 at zero, 0.85 at 0.1 head sizes, 0.5 at 0.5."""

    def similarity(squared: Floats, person: Ints) -> Floats:
        distance = np.sqrt(squared) / heads[person, None]
        return np.asarray(np.interp(distance, [0.0, 0.1, 0.5, 1e9], [1.0, CLOSE, NEAR, 0.0]))

    return similarity
