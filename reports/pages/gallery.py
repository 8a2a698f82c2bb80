"""The gallery of a run as shown on a model page."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.results.galleries import Gallery, Picture
from bench.results.records import AccuracyResult
from bench.results.store import Stored
from reports.views.table import tier_and_seed


@dataclass(frozen=True)
class GalleryView:
    """The gallery of one result of a run; its pictures are in `folder`."""

    result: AccuracyResult
    folder: Path
    gallery: Gallery

    def files(self) -> Iterator[tuple[Path, Picture]]:
        """Every picture with its source file."""
        for picture in self.gallery.pictures:
            yield self.folder / picture.file, picture


def gallery_view(
    results: Iterable[Stored[AccuracyResult]], galleries: Mapping[str, Gallery]
) -> GalleryView | None:
    """The gallery of the first seed at the largest tier that has one; None if no result has a gallery."""
    shown = [one for one in results if one.file in galleries]
    last = max(shown, key=lambda one: tier_and_seed(one.result), default=None)
    return GalleryView(last.result, last.gallery, galleries[last.file]) if last else None
