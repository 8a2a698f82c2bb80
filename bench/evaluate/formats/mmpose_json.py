"""MMPoseInferencer's predictions (`pred_out_dir`) and the demos' results_*.json, one file per image.

A list of people, also below `instance_info`: `keypoints` [K][x, y] in pixels, `keypoint_scores` [K], `bbox_score`.
The score of a person is that of MMPose's CocoMetric: box score times the mean of the keypoint scores above 0.2. A
video's frames are `instances` with a `frame_id`. The pickle of `--dump` is never read.
"""

from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any

from bench.catalog.schema import Layout
from bench.errors import DataError
from bench.evaluate.formats.keypoint_orders import starting_with_coco
from bench.evaluate.formats.people import Document, Found, Person, Point, is_number, named

THRESHOLD = 0.2
SCORE_RULE = "score of a person: bbox_score times the mean of its keypoint_scores above 0.2"


def recognises(data: Any) -> bool:
    """Whether parsed JSON is of this format."""
    if isinstance(data, dict):
        return "instance_info" in data
    first = data[0] if isinstance(data, list) and data else None
    if not isinstance(first, dict) or "image_id" in first:  # entries of some program's own
        return False
    return "keypoint_scores" in first or "instances" in first


def read(documents: Sequence[Document], dataset: Layout) -> Found:
    """People of all files; an image is named by its file, a frame of a video `frame N`. Raises `DataError`."""
    orders = starting_with_coco(dataset, 26, 133)
    people = []
    for one in documents:
        path = PurePath(one.stem)  # with its folder, where names repeat
        demo = isinstance(one.data, dict)
        image = str(path.with_name(path.name.removeprefix("results_"))) if demo else one.stem
        for name, where, instance in _instances(one, image):
            points = _points(instance, where)
            box = instance.get("bbox_score")
            if box is not None and not is_number(box):
                raise DataError(f"{where}: bbox_score is {box!r:.40}; a number is expected")
            score = None if box is None else _score(float(box), points)
            people.append(Person(where, name, named(points, orders, where), score))
    scored = any(person.score is not None for person in people)
    return Found(people, (SCORE_RULE,) if scored else ())


def _instances(one: Document, image: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Image, place for messages and content of each person."""
    data = one.data["instance_info"] if isinstance(one.data, dict) else one.data
    for number, entry in enumerate(data if isinstance(data, list) else [], 1):
        where = f"{one.name}: entry {number}"
        if not isinstance(entry, dict):
            raise DataError(f"{where} is not an object with keypoints and keypoint_scores")
        if "instances" not in entry:
            yield image, where, entry
            continue
        listed = entry["instances"]
        for within, person in enumerate(listed if isinstance(listed, list) else [None], 1):
            yield f"frame {entry.get('frame_id')}", f"{where}, person {within}", person


def _points(instance: Any, where: str) -> list[Point]:
    pairs, scores = (
        instance.get(key) if isinstance(instance, dict) else None
        for key in ("keypoints", "keypoint_scores")
    )
    flat = (
        [v for pair in pairs if isinstance(pair, list) for v in pair]
        if isinstance(pairs, list)
        else []
    )
    if (
        not isinstance(scores, list)
        or len(flat) != 2 * len(scores)
        or not all(map(is_number, [*flat, *scores]))
    ):
        raise DataError(
            f"{where}: keypoints [K][x, y] and keypoint_scores [K] are expected, as numbers"
        )
    return list(zip(flat[::2], flat[1::2], scores, strict=True))


def _score(box: float, points: Sequence[Point]) -> float:
    """As in MMPose's CocoMetric with score_mode 'bbox_keypoint'."""
    used = [score for _, _, score in points if score > THRESHOLD]
    return box * sum(used) / len(used) if used else 0.0
