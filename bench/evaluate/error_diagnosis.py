"""Error types of keypoints, after Ronchi and Perona, Benchmarking and Error Diagnosis (ICCV 2017).

A detection is compared with the person that the official evaluator matches it to, at an OKS of 0.1 or more. Each of its
keypoints is compared with the annotation of that keypoint and of its left-right partner on every person of the image.
If the best of these is near, it decides: good, jitter, inversion or swap; otherwise the keypoint is a miss. Thresholds
as in the paper: a keypoint similarity from 0.5 is near, from 0.85 close.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.datasets.keypoints import KEYPOINTS, Skeleton
from bench.evaluate.per_person import GOOD, INVERSION, JITTER, MISS, NONE, SWAP, People
from bench.results.records import Diagnosis, FalsePositives

Floats = NDArray[np.float64]
NEAR, CLOSE, MATCH = 0.5, 0.85, 0.1
OVERLAP = 0.1  # IoU of two boxes, from which people count as crowding each other
THRESHOLDS = f"keypoint similarity: near from {NEAR}, close from {CLOSE}; matched at OKS {MATCH}"
_SIZES = {"small, below 32x32": 32.0**2, "medium, to 96x96": 96.0**2, "large": np.inf}
_VISIBLE = {"0": 0, "1-5": 5, "6-10": 10, "11-15": 15, "16 and more": 99}
_CROWDING = {"0": 0, "1-2": 2, "3 and more": 10**9}


# ---------------------------------------------------------------- keypoints of one image


def kinds_of(
    similarity: Callable[[Floats, int], Floats],
    found: Floats,
    owner: NDArray[np.int64],
    truth: Floats,
    labelled: NDArray[np.bool_],
    partner: Sequence[int],
) -> NDArray[np.int8]:
    """Error types [F, K] of the keypoints of F detections in one image, -1 where the keypoint is not labelled.

    found: [F, K, 2]. owner: [F] index of the matched person. truth: [P, K, 2], labelled: [P, K] of all people.
    partner: [K] the keypoint on the other side. similarity(squared distances [F, K], person): [F, K], 1 at distance
    zero, decreasing, 0.5 where near ends and 0.85 where close ends.
    """
    own = np.full(found.shape[:2], -1.0)
    swapped, inverted = own.copy(), own.copy()
    for person in range(len(truth)):
        mine = (owner == person)[:, None]
        for positions, seen, same_side in (
            (truth[person], labelled[person], True),
            (truth[person][partner], labelled[person][partner], False),
        ):
            fit = similarity(((found - positions) ** 2).sum(axis=2), person)
            fit = np.where(seen, fit, -1.0)
            target = own if same_side else inverted
            np.copyto(target, fit, where=mine)
            np.maximum(swapped, np.where(mine, -1.0, fit), out=swapped)
    best = np.maximum(own, np.maximum(inverted, swapped))
    kinds = np.select(
        [best < NEAR, (own == best) & (own >= CLOSE), own == best, swapped == best],
        [MISS, GOOD, JITTER, SWAP],
        INVERSION,
    )
    return np.where(labelled[owner], kinds, NONE).astype(np.int8)


# ---------------------------------------------------------------- COCO and CrowdPose


class _Image(NamedTuple):
    """The evaluator's view of one image: people and detections in the order of its OKS matrix [D, G]."""

    people: list[dict[str, Any]]
    detections: list[dict[str, Any]]
    oks: Floats
    matches: dict[str, Any]


class _Person(NamedTuple):
    """One person who counts; the first five fields are a row of `People`."""

    image: int
    person: int
    detection: int
    score: float
    kinds: NDArray[np.int8]
    area: float
    visible: int
    crowding: int


def diagnose(
    evaluation: Any, skeleton: Skeleton, use_area: bool = True
) -> tuple[Diagnosis, People]:
    """Errors in a COCOeval of pycocotools or xtcocotools after its `evaluate()`, which is not changed.

    `use_area=False` takes 0.53 of the box as a person's area, as CrowdPose's evaluation does.
    """
    images = _images(evaluation)
    everyone = [p for one in images for p in _people_of(one, skeleton, use_area)]
    tallies = [tally for one in images for tally in _tally(one)]
    people = _as_people(everyone, len(skeleton.names))
    diagnosis = Diagnosis(
        thresholds=THRESHOLDS,
        everyone=people.group(),
        detections=len(tallies),
        false_positives=_false_positives(tallies, len(everyone)),
        by_keypoint=people.by_keypoint(skeleton.names),
        by_size=people.groups([p.area for p in everyone], _SIZES),
        by_visible=people.groups([p.visible for p in everyone], _VISIBLE),
        by_crowding=people.groups([p.crowding for p in everyone], _CROWDING),
    )
    return diagnosis, people


def _people_of(image: _Image, skeleton: Skeleton, use_area: bool) -> list[_Person]:
    """Everyone in an image who counts, with the error types of their keypoints."""
    areas = np.array([_area(p, use_area) for p in image.people])
    truth = np.array([p["keypoints"] for p in image.people], dtype=float)
    truth = truth.reshape(len(areas), len(skeleton.names), 3)
    matched = {g: d for g, d in _matched(image).items() if not image.people[g]["ignore"]}
    kinds = np.full(truth.shape[:2], NONE, dtype=np.int8)
    if matched:
        points = np.array([image.detections[d]["keypoints"] for d in matched.values()], dtype=float)
        kinds[list(matched)] = kinds_of(
            _oks_similarity(skeleton, areas),
            points.reshape(len(matched), -1, 3)[:, :, :2],
            np.array(list(matched)),
            truth[:, :, :2],
            truth[:, :, 2] > 0,
            skeleton.partners,
        )
    visible = (truth[:, :, 2] == 2).sum(axis=1)
    crowding = _crowding(image.people)
    return [
        _Person(
            person["image_id"],
            person["id"],
            int(image.detections[matched[g]]["id"]) - 1 if g in matched else -1,
            float(image.oks[matched[g], g]) if g in matched else 0.0,
            kinds[g],
            float(areas[g]),
            int(visible[g]),
            int(crowding[g]),
        )
        for g, person in enumerate(image.people)
        if not person["ignore"]
    ]


def _images(evaluation: Any) -> list[_Image]:
    """All images with people or detections, matched by the evaluator itself at an OKS of 0.1, for every area."""
    found = []
    kept = evaluation.params
    evaluation.params = copy.copy(kept)
    evaluation.params.iouThrs = np.array([MATCH])
    everything, limit = kept.areaRng[kept.areaRngLbl.index("all")], kept.maxDets[-1]
    for image in kept.imgIds:
        for category in kept.catIds:
            matches = evaluation.evaluateImg(image, category, everything, limit)
            if matches is None:
                continue
            by_id = {d["id"]: d for d in evaluation._dts[image, category]}
            people = evaluation._gts[image, category]
            detections = [by_id[one] for one in matches["dtIds"]]
            oks = np.asarray(evaluation.ious[image, category], dtype=float)
            oks = oks.reshape(len(detections), len(people))
            found.append(_Image(people, detections, oks, matches))
    evaluation.params = kept
    return found


def _matched(image: _Image) -> dict[int, int]:
    """Person -> matched detection, both by index; a crowd keeps its last."""
    people = {p["id"]: g for g, p in enumerate(image.people)}
    pairs = zip(image.matches["gtIds"], np.asarray(image.matches["gtMatches"])[0], strict=True)
    index = {d["id"]: at for at, d in enumerate(image.detections)}
    return {people[person]: index[int(one)] for person, one in pairs if int(one) in index}


def _area(person: Mapping[str, Any], use_area: bool) -> float:
    if use_area:
        return float(person["area"])
    return float(person["bbox"][2] * person["bbox"][3] * 0.53)


def _oks_similarity(skeleton: Skeleton, areas: Floats) -> Callable[[Floats, int], Floats]:
    """One term of OKS: exp(-d^2 / (2 area (2 sigma)^2))."""
    spread = 2.0 * (2.0 * np.asarray(skeleton.sigmas)) ** 2

    def similarity(squared: Floats, person: int) -> Floats:
        return np.asarray(np.exp(-squared / (spread * (areas[person] + np.spacing(1)))))

    return similarity


def _crowding(people: Sequence[Mapping[str, Any]]) -> NDArray[np.int64]:
    """For each person of an image the number of others (without crowds) whose boxes overlap."""
    boxes = np.array([p["bbox"] for p in people], dtype=float).reshape(len(people), 4)
    low, high = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    sides = np.minimum(high[:, None], high[None]) - np.maximum(low[:, None], low[None])
    shared = np.prod(np.maximum(sides, 0.0), axis=2)
    areas = np.prod(boxes[:, 2:], axis=1)
    overlap = shared / np.maximum(areas[:, None] + areas[None] - shared, 1e-12)
    np.fill_diagonal(overlap, 0.0)
    alone = np.array([not p.get("iscrowd") for p in people], dtype=bool)
    return np.asarray(((overlap >= OVERLAP) & alone[None]).sum(axis=1))


def _tally(image: _Image) -> list[tuple[float, bool, bool]]:
    """For each detection: score, whether it is background, whether it is a duplicate."""
    known = {p["id"] for p in image.people}
    matched = [int(one) in known for one in np.asarray(image.matches["dtMatches"])[0]]
    near = image.oks.max(axis=1) >= MATCH if len(image.people) else np.zeros(len(matched), bool)
    return [
        (float(d["score"]), not m and not n, not m and bool(n))
        for d, m, n in zip(image.detections, matched, near, strict=True)
    ]


def _false_positives(tallies: list[tuple[float, bool, bool]], people: int) -> FalsePositives:
    best = sorted(tallies, key=lambda one: -one[0])[:people]
    return FalsePositives(
        background=sum(background for _, background, _ in tallies),
        background_confident=sum(background for _, background, _ in best),
        duplicate=sum(duplicate for _, _, duplicate in tallies),
    )


def _as_people(everyone: Sequence[_Person], keypoints: int) -> People:
    ids = np.array([p[:3] for p in everyone], dtype=np.int64).reshape(-1, 3)
    image, person, detection = ids.T.copy()
    scores = np.array([p.score for p in everyone], dtype=float)
    kinds = np.array([p.kinds for p in everyone], dtype=np.int8)
    return People(image, person, detection, scores, kinds.reshape(-1, keypoints))


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
    kinds = np.full(labelled.shape, NONE, dtype=np.int8)
    together: dict[str, list[int]] = {}
    for person in range(len(truth)):
        together.setdefault(images[person] if images else str(person), []).append(person)
    first = np.empty(len(truth), dtype=np.int64)
    for members in together.values():
        kinds[members] = kinds_of(
            _head_similarity(heads[members]),
            found[members],
            np.arange(len(members)),
            truth[members],
            labelled[members],
            skeleton.partners,
        )
        first[members] = members[0]
    distance = np.linalg.norm(found - truth, axis=2) / heads[:, None]
    hits = ((distance <= 0.5) & labelled).sum(axis=1)
    everyone = np.arange(len(truth))
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


def _head_similarity(heads: Floats) -> Callable[[Floats, int], Floats]:
    """Piecewise linear in the distance: 1 at zero, 0.85 at 0.1 head sizes, 0.5 at 0.5."""

    def similarity(squared: Floats, person: int) -> Floats:
        distance = np.sqrt(squared) / heads[person]
        return np.asarray(np.interp(distance, [0.0, 0.1, 0.5, 1e9], [1.0, CLOSE, NEAR, 0.0]))

    return similarity
