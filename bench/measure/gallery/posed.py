"""Test images without drawings on them, and the poses in them: the site draws any two runs on one image.

Every run on a data set shows the same images: those of its gallery's random sample, then more.
"""

import hashlib
import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from bench.catalog.schema import DatasetName
from bench.evaluate.per_person import KINDS, People
from bench.measure.gallery import drawing
from bench.measure.gallery.annotated_images import Scene
from bench.results.galleries import Picture, Point, Pose, PosedImage

MOST_IMAGES, LONGEST, MOST_BYTES = 24, 256, 200_000


def shared_sample(dataset: DatasetName, numbers: Sequence[int], first: Sequence[int]) -> list[int]:
    """The images of every run on a data set: `first` and a random sample of the others in `numbers`."""
    rest = sorted(set(numbers) - set(first))
    more = random.Random(f"poses of {dataset}").sample(
        rest, min(max(0, MOST_IMAGES - len(first)), len(rest))
    )
    return [*first, *more]


def posed_images(
    numbers: Iterable[int],
    scenes: Mapping[int, Scene],
    people: People,
    entries: Sequence[dict[str, Any]],
) -> tuple[tuple[PosedImage, ...], dict[str, bytes]]:
    """The images and their files, as many as `MOST_BYTES` allow. Of predictions that match nobody, an image has at most
    as many as there are people, highest scores first.

    scenes: by number. people: all of the result. entries: its predictions, in the order that `people.detection` counts.
    """
    found: list[PosedImage] = []
    files: dict[str, bytes] = {}
    matched = set(people.detection.tolist())
    here: dict[int, list[int]] = {}
    for i, entry in enumerate(entries):
        here.setdefault(entry["image_id"], []).append(i)
    place = {person: i for i, person in enumerate(people.person.tolist())}
    for number in numbers:
        scene = scenes[number]
        canvas = drawing.Canvas(scene.image(), scene.part, LONGEST)
        image = canvas.finished()
        content = drawing.webp(image)
        if sum(map(len, files.values())) + len(content) > MOST_BYTES:
            break
        picture = Picture(
            file=f"image-{len(found)}.webp",
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
            width=image.width,
            height=image.height,
            title=f"Image {number}",
            alt="test image as it is",
        )
        files[picture.file] = content
        poses = [
            _pose(person, scene.people[i], people, place[person], entries, canvas)
            for i, person in enumerate(scene.ids)
            if person in place
        ]
        best = sorted(here.get(number, ()), key=lambda i: -entries[i]["score"])
        left = [i for i in best[: len(scene.people)] if i not in matched]
        unmatched = tuple(_predicted(entries[i], canvas) for i in left)
        found.append(
            PosedImage(number=number, picture=picture, people=tuple(poses), unmatched=unmatched)
        )
    return tuple(found), files


def _pose(
    person: int,
    annotated: drawing.Points,
    people: People,
    at: int,
    entries: Sequence[dict[str, Any]],
    canvas: drawing.Canvas,
) -> Pose:
    """annotated: [K, 3]; `at`: row of the person in `people`."""
    entry = int(people.detection[at])
    return Pose(
        person=person,
        annotated=tuple(_on(canvas, point) if point[2] > 0 else None for point in annotated),
        predicted=_predicted(entries[entry], canvas) if entry >= 0 else None,
        kinds=tuple(KINDS[kind] if kind >= 0 else None for kind in people.kinds[at].tolist()),
        score=round(float(people.score[at]), 3),
    )


def _predicted(entry: dict[str, Any], canvas: drawing.Canvas) -> tuple[Point, ...]:
    points = np.array(entry["keypoints"], dtype=float).reshape(-1, 3)
    return tuple(_on(canvas, point) for point in points)


def _on(canvas: drawing.Canvas, point: drawing.Points) -> Point:
    """A point of the image in pixels of the picture."""
    x, y = canvas.at(point.tolist())
    return round(x / drawing.FINE, 1), round(y / drawing.FINE, 1)
