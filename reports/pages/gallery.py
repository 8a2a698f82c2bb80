"""Galleries as shown on model pages: captions, and the address of each picture within the site."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.catalog.schema import TIERS
from bench.results.records import AccuracyResult, Gallery, Picture
from reports.views.urls import picture_file


@dataclass(frozen=True)
class GalleryImage:
    """One picture with its caption and size, and its address from the root of the site."""

    picture: Picture
    address: str


@dataclass(frozen=True)
class GallerySection:
    """Pictures under one caption."""

    key: str
    title: str
    caption: str
    images: tuple[GalleryImage, ...]


@dataclass(frozen=True)
class GalleryView:
    """The gallery of one result of a run."""

    result: AccuracyResult
    folder: Path
    sections: tuple[GallerySection, ...]

    def files(self) -> Iterator[tuple[Path, GalleryImage]]:
        """The source file of every picture, and the picture."""
        for section in self.sections:
            for image in section.images:
                yield self.folder / image.picture.file, image


def gallery_view(
    results: tuple[tuple[str, AccuracyResult], ...], galleries: dict[str, tuple[Path, Gallery]]
) -> GalleryView | None:
    """The gallery of the first seed at the largest tier that has one; None if no result has a gallery."""
    own = [(name, result) for name, result in results if name in galleries]
    if not own:
        return None
    name, result = max(own, key=lambda one: (TIERS.index(one[1].tier), -one[1].seed))
    folder, gallery = galleries[name]
    sections = tuple(
        GallerySection(
            exhibit.key,
            exhibit.title,
            exhibit.caption,
            tuple(GalleryImage(one, picture_file(one.sha256)) for one in exhibit.pictures),
        )
        for exhibit in gallery.exhibits
    )
    return GalleryView(result, folder, sections)
