"""The images that predictions may name: their ids, file names and sizes in the annotations."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from pathlib import PurePosixPath
from typing import Any

from bench.errors import DataError

_EXACT = 2**53  # up to here every whole number is exact as a float
_COCO_NAME = re.compile(r"(?:COCO_[a-z]+20\d\d_)?0*(\d{1,18})", re.ASCII)
_DECIMAL = re.compile(
    r"[+-]?\d{1,18}\.\d*(?:[eE][+-]?\d{1,3})?"
)  # a number, not a name with an ending


class ImageIndex(Set[int]):
    """Image ids (MPII: positions of the people), as a set, with the images' file names and sizes.

    ids: all of them. files: id -> file name. sizes: id -> (width, height) in pixels.
    """

    def __init__(
        self,
        ids: Iterable[int],
        files: Mapping[int, str] | None = None,
        sizes: Mapping[int, tuple[int, int]] | None = None,
    ) -> None:
        self.ids, self.files, self.sizes = frozenset(ids), files or {}, sizes or {}
        self._named: dict[str, set[int]] = {}
        self._numbered: dict[int, set[int]] = {}
        for one, file in self.files.items():
            path = PurePosixPath(file)
            for name in (file, str(path.with_suffix("")), path.name, path.stem):
                self._named.setdefault(name, set()).add(one)
            if number := _COCO_NAME.fullmatch(path.stem):
                self._numbered.setdefault(int(number[1]), set()).add(one)

    @classmethod
    def of(cls, images: Sequence[Mapping[str, Any]]) -> "ImageIndex":
        """The index of a COCO annotation file's checked `images`."""
        return cls(
            (one["id"] for one in images),
            {one["id"]: f for one in images if isinstance(f := one.get("file_name"), str) and f},
            {
                one["id"]: (one["width"], one["height"])
                for one in images
                if type(one.get("width")) is type(one.get("height")) is int
            },
        )

    def __contains__(self, value: object) -> bool:
        return value in self.ids

    def __iter__(self) -> Iterator[int]:
        return iter(self.ids)

    def __len__(self) -> int:
        return len(self.ids)

    def find(self, given: Any) -> int:
        """The id of an image given by its id (785, 785.0, "785") or its file's name, with or without folder or ending.

        Raises `DataError` with what is wrong with it, also if more than one image can be meant.
        """
        if type(given) is int and given in self.ids:
            return given
        shown = f"image_id {given!r:.60}"
        if type(given) is float and given.is_integer() and abs(given) < _EXACT:
            if int(given) in self.ids:
                return int(given)
        elif isinstance(given, str):
            meant = self._meant(given)
            if len(meant) == 1:
                return meant[0]
            if meant:
                listed = " and ".join(f"id {one} ({self.files.get(one, '')})" for one in meant[:2])
                raise DataError(f"{shown} is ambiguous: it can mean {listed}; give the id")
        raise DataError(f"{shown} is not in the annotations{self._kind(given)}")

    def find_all(self, given: Sequence[Any]) -> dict[Any, int]:
        """`find` for each. Raises `DataError` too if files of different folders would be one image."""
        found = {one: self.find(one) for one in dict.fromkeys(given)}
        first: dict[int, tuple[str, PurePosixPath]] = {}
        for one, image in found.items():
            folder = PurePosixPath(str(one).replace("\\", "/")).parent
            if folder.name:
                name, other = first.setdefault(image, (one, folder))
                if folder != other:
                    raise DataError(
                        f"{name!r:.80} and {one!r:.80} are of different folders and would both be image {image}; "
                        "give the predictions of one of them, or the ids of the images"
                    )
        return found

    def _meant(self, text: str) -> list[int]:
        """All images that a text can mean: by file name, else by name without ending and by number."""
        name = PurePosixPath(text.strip().replace("\\", "/"))
        if _DECIMAL.fullmatch(str(name)):
            value = float(str(name))
            whole = value.is_integer() and abs(value) < _EXACT
            return [int(value)] if whole and int(value) in self.ids else []
        if exact := self._by_path(name):
            return sorted(exact)
        stem = name.stem if name.suffix else name.name
        found = set(self._named.get(stem, ()))
        if number := _COCO_NAME.fullmatch(stem):
            one = int(number[1])
            found |= self._numbered.get(one, set())
            if one in self.ids and (one not in self.files or name.name.isdecimal()):
                found.add(one)
        return sorted(found)

    def _by_path(self, name: PurePosixPath) -> set[int]:
        """Images by file name, with as many of the folders before it as the annotations know."""
        if len(name.parts) < 2 and not name.suffix:
            return set()
        ends = (str(PurePosixPath(*name.parts[n:])) for n in range(len(name.parts)))
        return next((found for end in ends if (found := self._named.get(end))), set())

    def _kind(self, given: Any) -> str:
        """What was given and what is expected, for anything but a whole number."""
        if type(given) is int:
            return ""
        known = sorted(self.ids)[:1]
        example = f"such as {known[0]}" if known else "but the annotations list none"
        if known and (file := self.files.get(known[0])):
            example += f", or file names, such as {file!r}"
        kinds = {str: "text", float: "a float", bool: "a bool", type(None): "null"}
        kind = kinds.get(type(given), f"a {type(given).__name__}")
        return f": it is {kind}; expected are whole numbers, {example}"
