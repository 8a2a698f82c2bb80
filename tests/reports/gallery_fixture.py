"""A made-up ledger whose first runs have galleries on disk."""

import hashlib
import io
from pathlib import Path

from PIL import Image

from bench.catalog.load import Catalog
from bench.judge.records import Snapshot
from bench.results.galleries import Gallery, PanelGroup, Picture, Pose, PosedImage, write_gallery
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


def posed(number: int, kinds: str | None, drawn: Picture) -> PosedImage:
    """An image with one person: a letter per keypoint (g: good, m: miss); None if nobody was detected."""
    points = tuple((10.0 + 5 * k, 20.0 + 10 * k) for k in range(17))
    words = {"g": "good", "m": "miss"}
    pose = Pose(
        person=number + 100,
        annotated=(*points[:16], None),
        predicted=points if kinds else None,
        kinds=(*(words[one] for one in kinds), None) if kinds else (None,) * 17,
        score=0.5 if kinds else 0.0,
    )
    return PosedImage(number=number, picture=drawn, people=(pose,), unmatched=(points,))


def make_with_poses(folder: Path, text: str | None = None) -> tuple[Snapshot, Catalog, Memory]:
    """Two runs on images 11, 12 and 13: they differ in one keypoint of 11, in none of 12, in all of 13."""
    snapshot, catalog, store = make_with_gallery(folder, text=text)
    seen = {0: ("g" * 16, "g" * 16, "g" * 16), 1: ("m" + "g" * 15, "g" * 16, None)}
    for run, kinds in seen.items():
        file = f"results/lab/paper0-run{run}/seed-0.json"
        result = store.results[file]
        assert isinstance(result, AccuracyResult)
        record = Predictions(
            file="seed-0.predictions.json.gz", sha256=DIGEST, images=3, instances=3
        )
        store.results[file] = result.model_copy(update={"predictions": record})
        [stored] = [one for one in store.accuracies() if one.file == file]
        made = [picture(number, 192, text) for number in range(4)]
        images = [posed(11 + i, kinds[i], made[i][0]) for i in range(3)]
        group = PanelGroup(
            key="attention",
            title=text or "Attention",
            caption=text or "What is seen.",
            pictures=(made[3][0],),
            image=11,
        )
        gallery = Gallery(
            predictions=DIGEST, exhibits=(group,) if run == 0 else (), images=tuple(images)
        )
        write_gallery(stored, gallery, {one.file: content for one, content in made})
    return snapshot, catalog, store
