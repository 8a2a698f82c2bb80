"""Galleries as the pages show them: captions, and where each picture lies in the site."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.catalog.schema import TIERS
from bench.results.records import AccuracyResult, Gallery, Picture
from bench.results.store import Stored
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
    results: Iterable[Stored[AccuracyResult]], galleries: Mapping[str, Gallery]
) -> GalleryView | None:
    """The gallery of the largest tier that has one, of its first seed; None if none of the results has one."""
    own = [one for one in results if one.file in galleries]
    if not own:
        return None
    shown = max(own, key=lambda one: (TIERS.index(one.result.tier), -one.result.seed))
    walls = tuple(
        Wall(
            exhibit.key,
            exhibit.title,
            exhibit.caption,
            tuple(Hung(one, picture_file(one.sha256)) for one in exhibit.pictures),
        )
        for exhibit in galleries[shown.file].exhibits
    )
    return GalleryView(shown.result, shown.gallery, walls)
