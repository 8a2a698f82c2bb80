"""CVAT's "CVAT for images 1.1": XML with, for each image, skeletons of named points, or plain lists of points.

    <image name="..." width="..." height="..."><skeleton label="person"><points label="nose" points="1.5,2.0"/>...

Points outside the image (`outside="1"`) are not labelled: score 0. CVAT has no scores. A document type is refused, and
with it every entity, so that no file can expand or include anything.
"""

from collections.abc import Sequence
from typing import Any
from xml.parsers import expat

from bench.catalog.schema import Layout
from bench.datasets.keypoints import KEYPOINTS
from bench.errors import DataError
from bench.evaluate.formats.people import Document, Found, Person, Point, is_number, plain_name

_SHAPES = ("skeleton", "points")


def recognises(data: Any) -> bool:
    """Whether the text of a file is of this format."""
    return isinstance(data, str) and data.lstrip("\ufeff \t\r\n").startswith("<")


def read(documents: Sequence[Document], dataset: Layout) -> Found:
    """People of all files. Raises `DataError`."""
    shapes = [shape for one in documents for shape in _Parser(one.name).parse(one.data)]
    labels = sorted({shape.label for shape in shapes})
    wanted = "person" if "person" in labels else labels[0] if len(labels) == 1 else None
    if wanted is None:
        listed = ", ".join(labels) or "none"
        raise DataError(
            f"{documents[0].name}: skeletons or points with the label person are expected; there are: {listed}"
        )
    people = [shape.person(KEYPOINTS[dataset].names) for shape in shapes if shape.label == wanted]
    notes = [f"of the labels {', '.join(labels)}, {wanted} is read"] * (len(labels) > 1)
    if any(not shape.named for shape in shapes):
        notes.append(f"points without names are taken in {dataset}'s order of keypoints")
    return Found(people, tuple(notes))


class _Shape:
    """A skeleton, or a list of points, of an image."""

    def __init__(self, where: str, image: dict[str, str], attributes: dict[str, str]) -> None:
        self.where, self.image, self.label = where, image, attributes.get("label", "")
        self.named: dict[str, Point] = {}
        self.listed: list[Point] = []

    def person(self, names: Sequence[str]) -> Person:
        if not self.named and len(self.listed) != len(names):
            raise DataError(
                f"{self.where}: {len(self.listed)} points; {len(names)} are expected, or a skeleton with named points"
            )
        points = self.named or dict(zip(names, self.listed, strict=True))
        width, height = (self.image.get(side, "") for side in ("width", "height"))
        size = (int(width), int(height)) if width.isdecimal() and height.isdecimal() else None
        return Person(self.where, self.image.get("name", ""), points, size=size)


class _Parser:
    """Collects the shapes of one file. Raises `DataError` with the line."""

    def __init__(self, name: str) -> None:
        self.name, self.shapes = name, list[_Shape]()
        self.image: dict[str, str] = {}
        self.skeleton: _Shape | None = None
        self.expat = expat.ParserCreate("utf-8")  # the text is decoded, whatever it declares
        self.expat.StartElementHandler = self.start
        self.expat.EndElementHandler = self.end
        self.expat.StartDoctypeDeclHandler = self.doctype

    @property
    def place(self) -> str:
        return f"{self.name}:{self.expat.CurrentLineNumber}"

    def parse(self, text: str) -> list[_Shape]:
        try:
            self.expat.Parse(text.lstrip("\ufeff \t\r\n").encode(), True)
        except expat.ExpatError as error:
            raise DataError(f"{self.name} is not readable XML: {error}") from None
        return self.shapes

    def doctype(self, *_: Any) -> None:
        raise DataError(
            f"{self.place}: a document type (<!DOCTYPE>) is not allowed; CVAT writes none"
        )

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "track":
            raise DataError(
                f"{self.place}: this is 'CVAT for video', whose frames have no names; export 'CVAT for images 1.1'"
            )
        if tag == "image":
            self.image = attributes
        elif tag in _SHAPES and self.skeleton is None:
            shape = _Shape(self.place, self.image, attributes)
            self.shapes.append(shape)
            if tag == "skeleton":
                self.skeleton = shape
            else:
                shape.listed = self.points(attributes)
        elif tag == "points" and self.skeleton is not None:
            name = plain_name(attributes.get("label", ""))
            points = self.points(attributes)
            if len(points) != 1 or name in self.skeleton.named:
                raise DataError(f"{self.place}: one point {name!r:.40} per skeleton is expected")
            self.skeleton.named[name] = points[0]

    def end(self, tag: str) -> None:
        if tag == "skeleton":
            self.skeleton = None

    def points(self, attributes: dict[str, str]) -> list[Point]:
        score = 0.0 if attributes.get("outside") == "1" else 1.0
        try:
            pairs = [
                tuple(map(float, one.split(","))) for one in attributes.get("points", "").split(";")
            ]
            points = [(x, y, score) for x, y in pairs]
        except ValueError:
            points = []
        if not points or not all(is_number(value) for point in points for value in point):
            raise DataError(f"{self.place}: points are x,y;x,y;... in pixels")
        return points
