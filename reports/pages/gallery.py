"""The gallery of a run as shown on a model page."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.results.records import AccuracyResult, Gallery, Picture
from reports.views.table import largest_tier


@dataclass(frozen=True)
class GalleryView:
    """The gallery of one result of a run; its pictures are in `folder`."""

    result: AccuracyResult
    folder: Path
    gallery: Gallery

    def files(self) -> Iterator[tuple[Path, Picture]]:
        """Every picture with its source file."""
        for group in self.gallery.exhibits:
            for picture in group.pictures:
                yield self.folder / picture.file, picture


def gallery_view(
    results: tuple[tuple[str, AccuracyResult], ...], galleries: dict[str, tuple[Path, Gallery]]
) -> GalleryView | None:
    """The gallery of the first seed at the largest tier that has one; None if no result has a gallery."""
    found = largest_tier((name, result) for name, result in results if name in galleries)
    return GalleryView(found[1], *galleries[found[0]]) if found else None
