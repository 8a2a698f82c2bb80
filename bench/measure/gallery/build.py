"""A run's gallery: predictions and the network's attention or similar maps, drawn on test images.

The same random sample of images for every run on a data set, then those with this run's best and worst scores (the
evaluator's own). Drawn from the stored predictions, so it can be drawn again without training.
"""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.catalog.load import Catalog
from bench.catalog.schema import DatasetName, Tier
from bench.errors import ResultError
from bench.evaluate.per_person import KINDS, People
from bench.measure import train
from bench.measure.gallery import drawing
from bench.measure.gallery.annotated_images import Scene, scenes_of
from bench.measure.gallery.posed import posed_images, shared_sample
from bench.results.galleries import Gallery, PanelGroup, Picture, PosedImage, write_gallery
from bench.results.locations import slug
from bench.results.records import AccuracyResult
from bench.results.store import Store, Stored
from model_zoo.figures.panel import Figure, figures

SAMPLE, BEST, WORST = 4, 2, 2
MOST_BYTES, MOST_PANELS = 280_000, 24
WHY = {"sample": "random sample", "best": "among the best", "worst": "among the worst"}
LEGEND = (
    "Orange dots and thick lines are predicted, blue squares and thin lines annotated. An image shows at most "
    "as many predictions as annotated people, highest scores first. The random sample of images is the same for "
    "every run on this data; those among the best and the worst are chosen by this run's own scores."
)
Entries = Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Unit:
    """One image to draw (for MPII one person): its number in the results, and how the run did there.

    score: mean OKS of its people (MPII: share of joints within half a head); kinds: labelled keypoints by `KINDS`.
    """

    number: int
    score: float
    why: str
    kinds: dict[str, int]


@dataclass(frozen=True)
class Panel:
    """A picture with title and alternative text, not yet a file."""

    title: str
    alt: str
    image: Image.Image


@dataclass
class Album:
    """Exhibits, images with poses and their files, within the limits of one run."""

    exhibits: list[PanelGroup] = field(default_factory=list)
    images: tuple[PosedImage, ...] = ()
    files: dict[str, bytes] = field(default_factory=dict)

    def add(
        self,
        key: str,
        title: str,
        caption: str,
        panels: Sequence[Panel],
        number: int | None = None,
    ) -> None:
        """Add panels under one caption; what no longer fits is left out, and the caption says so.

        number: of the image that they are about.
        """
        pictures: list[Picture] = []
        for panel in panels[:MOST_PANELS]:
            content = drawing.webp(panel.image)
            if sum(map(len, self.files.values())) + len(content) > MOST_BYTES:
                break
            name = f"{slug(key)}-{len(self.files)}.webp"
            self.files[name] = content
            pictures.append(
                Picture(
                    file=name,
                    sha256=hashlib.sha256(content).hexdigest(),
                    size=len(content),
                    width=panel.image.width,
                    height=panel.image.height,
                    title=panel.title,
                    alt=panel.alt,
                )
            )
        if left := len(panels) - len(pictures):
            caption += f" {left} of {len(panels)} pictures are left out to keep the page small."
        if pictures:
            self.exhibits.append(
                PanelGroup(
                    key=key, title=title, caption=caption, pictures=tuple(pictures), image=number
                )
            )


def make_gallery(catalog: Catalog, store: Store, name: str, tier: Tier) -> Path:
    """Draw the gallery of a run's first seed at a tier; returns its folder.

    Raises `ResultError` if nothing was measured there and `DataError` if that training is gone.
    """
    run = catalog.run(name)
    seed = getattr(run.seeds, tier)[0]
    for stored in store.accuracies(tier):
        found = stored.result
        own = (found.run, found.seed) == (name, seed) and found.evidence != "released-weights"
        if own and found.predictions and not found.failed:
            cfg, model = train.finished(catalog, name, tier, seed)
            album = _draw(stored, store.predictions(stored), run.dataset, cfg, model)
            gallery = Gallery(
                predictions=found.predictions.sha256,
                exhibits=tuple(album.exhibits),
                images=album.images,
            )
            return write_gallery(stored, gallery, album.files)
    raise ResultError(
        f"run '{name}' has no predictions of seed {seed} at tier {tier}; "
        f"run `repropose measure {name} --tier {tier}`"
    )


def _draw(
    stored: Stored[AccuracyResult], entries: Entries, dataset: DatasetName, cfg: Any, model: Any
) -> Album:
    """The gallery of a result, whose predictions `model` made under `cfg`."""
    from mmpose.registry import DATASETS

    people = People.load(stored.people)
    units = chosen(dataset, people)
    sample = [unit.number for unit in units if unit.why == "sample"]
    shown = shared_sample(dataset, numbers_of(dataset, people).tolist(), sample)
    test = DATASETS.build(cfg.test_dataloader.dataset)
    places = Path(test.ann_file), Path(test.data_prefix["img"])
    scenes = scenes_of(dataset, *places, [*(unit.number for unit in units), *shown])
    album = Album()
    drawn = [_prediction(dataset, unit, scenes[unit.number], entries) for unit in units]
    album.add("predictions", "Predictions", LEGEND, drawn)
    best = [unit for unit in units if unit.why == "best"]
    for unit in [*units[:1], *best[:1]]:
        panes, image = _figures(dataset, test, model, unit)
        for key, group in groupby(panes, key=lambda figure: figure.key):
            members = list(group)
            title = f"{key.replace('-', ' ').capitalize()}, {_name(dataset, unit)}, {WHY[unit.why]}"
            panels = [Panel(f.title, _alt_text(f, image), drawing.panel(f, image)) for f in members]
            graded = any(f.heat is not None or f.matrix is not None for f in members)
            caption = members[0].caption + (" Brighter means higher." if graded else "")
            album.add(key, title, caption, panels, unit.number)
    album.images, files = posed_images(shown, scenes, people, entries)
    album.files |= files
    return album


def numbers_of(dataset: DatasetName, people: People) -> NDArray[np.int64]:
    """[N] what is drawn of each person: the image; on MPII the person."""
    return people.person if dataset == "mpii" else people.image


def chosen(dataset: DatasetName, people: People) -> list[Unit]:
    """Images (MPII: people) to draw: random sample, best, worst; each once, none if nobody is annotated."""
    number = numbers_of(dataset, people)
    numbers = np.unique(number).tolist()
    score = {one: float(people.score[number == one].mean()) for one in numbers}
    sample = random.Random(f"gallery of {dataset}").sample(numbers, min(SAMPLE, len(numbers)))
    rest = sorted(set(numbers) - set(sample), key=lambda one: (-score[one], one))
    picked = [("sample", sample), ("best", rest[:BEST]), ("worst", rest[BEST:][-WORST:][::-1])]
    return [
        Unit(one, score[one], why, {name: int((kinds == i).sum()) for i, name in enumerate(KINDS)})
        for why, some in picked
        for one in some
        for kinds in [people.kinds[number == one]]
    ]


def _name(dataset: DatasetName, unit: Unit) -> str:
    return f"{'person' if dataset == 'mpii' else 'image'} {unit.number}"


def _prediction(dataset: DatasetName, unit: Unit, scene: Scene, entries: Entries) -> Panel:
    """People of one image, predicted and annotated."""
    here = [one for one in entries if one["image_id"] == unit.number]
    best = sorted(here, key=lambda one: -one["score"])[: len(scene.people)]
    predicted = [np.array(one["keypoints"], dtype=float).reshape(-1, 3) for one in best]
    for points in predicted:
        points[:, 2] = 1.0
    score = f"OKS {unit.score:.2f}"
    if dataset == "mpii":
        score = f"{100 * unit.score:.0f} % of joints within half a head"
    counts = [f"{count} {kind}" for kind, count in unit.kinds.items() if count]
    counted = (
        f"keypoints of those detected: {', '.join(counts)}" if counts else "nobody was detected"
    )
    several = "1 person" if len(scene.people) == 1 else f"{len(scene.people)} people"
    image = drawing.people(scene.image(), scene.part, scene.people, predicted)
    return Panel(
        f"{_name(dataset, unit).capitalize()}, {score}, {WHY[unit.why]}",
        f"{several} annotated, {len(predicted)} drawn as predicted; {counted}",
        image,
    )


def _figures(
    dataset: DatasetName, test: Any, model: Any, unit: Unit
) -> tuple[list[Figure], Image.Image]:
    """What the network shows on one image, and that image as it was given to it."""
    from mmengine.dataset import pseudo_collate

    key = "id" if dataset == "mpii" else "img_id"
    infos = ((i, test.get_data_info(i)) for i in range(len(test)))
    boxes = [(float(np.max(d.get("bbox_score", 1))), -i) for i, d in infos if d[key] == unit.number]
    if not boxes:
        return [], Image.new("RGB", (1, 1))
    batch = pseudo_collate([test[-max(boxes)[1]]])
    given = model.data_preprocessor(batch, False)
    pixels = batch["inputs"][0].numpy()[::-1]  # MMPose loads blue first
    height, width = given["inputs"].shape[-2:]  # padded to the right and below by some models
    canvas = np.zeros((height, width, 3), dtype=np.uint8)
    canvas[: pixels.shape[1], : pixels.shape[2]] = pixels.transpose(1, 2, 0)
    return figures(model, given["inputs"][0], given["data_samples"][0]), Image.fromarray(canvas)


def _alt_text(figure: Figure, image: Image.Image) -> str:
    """What a panel shows, in words."""
    said = []
    if figure.heat is not None:
        heat = np.asarray(figure.heat)
        row, column = np.unravel_index(int(heat.argmax()), heat.shape)
        place = _place((column + 0.5) / heat.shape[1], (row + 0.5) / heat.shape[0])
        said.append(f"strongest at {place}")
    if figure.points is not None and len(figure.points):
        x, y = np.mean(figure.points, axis=0) / (image.width, image.height)
        marks = "a mark" if len(figure.points) == 1 else f"{len(figure.points)} marks, on average"
        said.append(f"{marks} at {_place(x, y)}")
    if figure.matrix is not None:
        said.append(_largest(np.asarray(figure.matrix), figure.rows, figure.columns))
    return f"{figure.title}: {'; '.join(said)}"


def _place(x: float, y: float) -> str:
    return f"{100 * x:.0f} % of the width and {100 * y:.0f} % of the height"


def _largest(values: Any, rows: Sequence[str], columns: Sequence[str]) -> str:
    row, column = map(int, np.unravel_index(int(values.argmax()), values.shape))
    where = f"{rows[row] if rows else row + 1}, {columns[column] if columns else column + 1}"
    return f"{values.shape[0]} rows, {values.shape[1]} columns, largest at {where}"
