"""MPII's annotations as the authors' .mat has them, for tests: the inverse of `bench.datasets.mpii.read_people`."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.datasets.mpii import Person


def release(people: Sequence[Person]) -> dict[str, Any]:
    """The inverse of `read_people`: people as the nested struct of the authors' .mat, for scipy's savemat."""
    by_image: dict[str, list[Person]] = {}
    for person in people:
        by_image.setdefault(person["image"], []).append(person)
    images = [
        {"image": {"name": name}, "annorect": _structs(group, _rect)}
        for name, group in by_image.items()
    ]
    return {
        "RELEASE": {
            "annolist": _structs(images, dict),
            "img_train": np.ones((1, len(images))),
            "version": "12",
        }
    }


def _structs(items: Sequence[Any], make: Callable[[Any], dict[str, Any]]) -> NDArray[Any]:
    """A 1 x N struct array of records with the same fields."""
    records = [make(item) for item in items]
    fields = list(records[0])
    array = np.empty((1, len(records)), [(name, object) for name in fields])
    for place, record in enumerate(records):
        array[0, place] = tuple(record[name] for name in fields)
    return array


def _rect(person: Person) -> dict[str, Any]:
    points = [
        {"x": x, "y": y, "id": place, "is_visible": 1}
        for place, ((x, y), v) in enumerate(
            zip(person["joints"], person["joints_vis"], strict=True)
        )
        if v
    ]
    head = dict(zip(("x1", "y1", "x2", "y2"), person["head"], strict=True))
    center = dict(zip("xy", person["center"], strict=True))
    return {
        **head,
        "annopoints": {"point": _structs(points, dict)},
        "scale": person["scale"],
        "objpos": center,
    }
