"""A made-up ledger whose first run has a gallery on disk."""

import hashlib
import io
from pathlib import Path

from PIL import Image

from bench.catalog.load import Catalog
from bench.judge.records import Snapshot
from bench.results.galleries import Gallery, PanelGroup, Picture, write_gallery
from bench.results.records import AccuracyResult, Predictions
from tests.factories import Memory, make

FILE = "results/lab/paper0-run0/seed-0.json"
DIGEST = "5" * 64


def picture(number: int, width: int, text: str | None) -> tuple[Picture, bytes]:
    """A plain picture of its own colour."""
    file = io.BytesIO()
    Image.new("RGB", (width, 256), (40 * number, 90, 200 - 40 * number)).save(file, "WEBP")
    content = file.getvalue()
    made = Picture(
        file=f"p-{number}.webp",
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        width=width,
        height=256,
        title=text or f"Image {number}, OKS 0.5",
        alt=text or f"1 person annotated, 1 drawn as predicted; picture {number}",
    )
    return made, content


def add_gallery(store: Memory, sizes: tuple[int, ...], text: str | None = None) -> None:
    """Write a gallery with one picture per size for the first result of the first run."""
    [stored] = [one for one in store.accuracies() if one.file == FILE]
    made = [picture(number, width, text) for number, width in enumerate(sizes)]
    pictures = tuple(one for one, _ in made)
    exhibits = [
        PanelGroup(key=key, title=text or key, caption=text or "What is seen.", pictures=some)
        for key, some in (("predictions", pictures), ("dependency-areas", pictures[:2]))
    ]
    gallery = Gallery(predictions=DIGEST, exhibits=tuple(exhibits))
    write_gallery(stored, gallery, {one.file: content for one, content in made})


def make_with_gallery(
    folder: Path, sizes: tuple[int, ...] = (192, 192, 480), text: str | None = None
) -> tuple[Snapshot, Catalog, Memory]:
    """`make` with a gallery on disk; `text` replaces every free text."""
    snapshot, catalog, memory = make(papers=1, tables=1, rows=3, claims=1, text=text)
    store = Memory(memory.results, folder)
    result = store.results[FILE]
    assert isinstance(result, AccuracyResult)
    record = Predictions(file="seed-0.predictions.json.gz", sha256=DIGEST, images=1, instances=1)
    store.results[FILE] = result.model_copy(update={"predictions": record})
    add_gallery(store, sizes, text)
    return snapshot, catalog, store
