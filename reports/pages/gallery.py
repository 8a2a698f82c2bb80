"""Galleries as the pages show them: captions, and where each picture lies in the site."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.catalog.schema import TIERS
from bench.results.records import AccuracyResult, Gallery, Picture
from reports.views.urls import picture_file


@dataclass(frozen=True)
class Hung:
    """One picture: its words, its size, its address from the root of the site."""

    picture: Picture
    address: str


@dataclass(frozen=True)
class Wall:
    """Pictures under one caption."""

    key: str
    title: str
    caption: str
    pictures: tuple[Hung, ...]


@dataclass(frozen=True)
class GalleryView:
    """The gallery of one result of a run."""

    result: AccuracyResult
    folder: Path
    walls: tuple[Wall, ...]

    def files(self) -> Iterator[tuple[Path, Hung]]:
        """Every picture and the file it comes from."""
        for wall in self.walls:
            for hung in wall.pictures:
                yield self.folder / hung.picture.file, hung


def gallery_view(
    results: tuple[tuple[str, AccuracyResult], ...], galleries: dict[str, tuple[Path, Gallery]]
) -> GalleryView | None:
    """The gallery of the largest tier that has one, of its first seed; None if none of the results has one."""
    own = [(name, result) for name, result in results if name in galleries]
    if not own:
        return None
    name, result = max(own, key=lambda one: (TIERS.index(one[1].tier), -one[1].seed))
    folder, gallery = galleries[name]
    walls = tuple(
        Wall(
            exhibit.key,
            exhibit.title,
            exhibit.caption,
            tuple(Hung(one, picture_file(one.sha256)) for one in exhibit.pictures),
        )
        for exhibit in gallery.exhibits
    )
    return GalleryView(result, folder, walls)
