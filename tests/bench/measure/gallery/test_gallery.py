"""Galleries: what is drawn, which images, what is stored beside a result."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.catalog.load import load_catalog
from bench.catalog.schema import Run
from bench.datasets.prepare import prepare
from bench.datasets.splits import IMAGES, dataset_folder
from bench.errors import DataError, ResultError
from bench.evaluate.per_person import People
from bench.measure import train
from bench.measure.gallery import build, drawing
from bench.measure.gallery.annotated_images import scenes_of
from bench.results.galleries import Gallery, read_gallery
from bench.results.store import Store
from model_zoo.figures.panel import Figure, figures, keypoint_names

SETTINGS = """\
tier: smoke
synthetic:
  smoke:
    coco: {kind: crops, difficulty: easy, seed: 5, train: 24, val: 12}
    mpii: {kind: crops, difficulty: easy, seed: 6, train: 4, val: 6}
    crowdpose: {kind: scenes, difficulty: easy, seed: 7, train: 2, val: 6}
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("gallery")
    (folder / "params.yaml").write_text(SETTINGS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPROPOSE_WORKSPACE", str(folder))
        yield folder


@pytest.fixture(scope="module")
def ledger():
    """The ledger with one more run, that trains for four iterations."""
    loaded = load_catalog()
    options = {"train_cfg.max_iters": 4, "train_dataloader.total_batch_size": 4}
    loaded.runs["tiny"] = Run(config="transpose-r-a3", dataset="coco", options=options)
    return loaded


@pytest.fixture(scope="module")
def measured(workspace: Path, ledger):
    """The store after that run, and its gallery's folder."""
    store = Store(root=workspace / "results")
    assert len(list(train.measure(ledger, store, "tiny", "smoke"))) == 1
    return store, build.make_gallery(ledger, store, "tiny", "smoke")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_gallery_shows_predictions_and_what_the_network_attends_to(measured):
    store, folder = measured
    [stored] = store.accuracies()
    found = read_gallery(stored)
    assert folder == stored.gallery
    assert len(found.images) == 12  # all of the data set
    keys = [exhibit.key for exhibit in found.exhibits]
    assert keys == ["predictions", "dependency-areas", "dependency-areas"]
    pictures = [picture for exhibit in found.exhibits for picture in exhibit.pictures]
    assert len(found.exhibits[0].pictures) == build.SAMPLE + build.BEST + build.WORST
    assert {path.name for path in folder.iterdir()} == {
        "gallery.json",
        *(picture.file for picture in found.pictures),
    }
    assert sum(path.stat().st_size for path in folder.iterdir()) < 500_000
    for picture in pictures:
        with Image.open(folder / picture.file) as image:
            assert image.size == (picture.width, picture.height)
        assert picture.title
        assert len(picture.alt) > 15
    titles = [picture.title for picture in found.exhibits[1].pictures]
    joints = "nose, left shoulder, right elbow, left wrist, left knee, right ankle"
    assert ", ".join(titles) == joints


def test_drawing_again_gives_the_same_bytes_and_leaves_nothing_behind(measured, ledger):
    store, folder = measured
    before = contents(folder)
    (folder / "predictions-99.webp").write_bytes(b"of an earlier gallery")
    build.make_gallery(ledger, store, "tiny", "smoke")
    assert contents(folder) == before


def test_a_gallery_of_other_predictions_is_not_shown(measured):
    store, _ = measured
    [stored] = store.accuracies()
    other = stored.result.predictions.model_copy(update={"sha256": "0" * 64})
    result = stored.result.model_copy(update={"predictions": other})
    assert read_gallery(stored._replace(result=result)) is None


def test_a_picture_that_is_gone_is_named(measured, ledger):
    store, folder = measured
    [stored] = store.accuracies()
    (folder / "predictions-0.webp").unlink()
    with pytest.raises(ResultError, match=r"predictions-0\.webp: is missing.*repropose gallery"):
        read_gallery(stored)
    build.make_gallery(ledger, store, "tiny", "smoke")
    assert read_gallery(stored) is not None


@pytest.mark.parametrize("name", ["../../evil.webp", "/etc/x.webp", "evil.svg"])
def test_a_gallery_cannot_name_files_elsewhere(measured, name):
    store, folder = measured
    [stored] = store.accuracies()
    listed = folder / "gallery.json"
    before = listed.read_text()
    data = json.loads(before)
    data["exhibits"][0]["pictures"][0]["file"] = name
    listed.write_text(json.dumps(data))
    with pytest.raises(ResultError, match=r"gallery\.json: is not a gallery"):
        read_gallery(stored)
    listed.write_text(before)


def test_a_training_by_other_code_is_not_drawn(measured, ledger, workspace):
    store, _ = measured
    key = workspace / "work/smoke/tiny/seed-0/key"
    before = key.read_text()
    key.write_text("another")
    with pytest.raises(DataError, match="no finished training with the current code"):
        build.make_gallery(ledger, store, "tiny", "smoke")
    key.write_text(before)


def test_a_run_without_a_result_is_told_to_be_measured(ledger, tmp_path):
    with pytest.raises(ResultError, match="repropose measure transpose-r-a3-coco --tier smoke"):
        build.make_gallery(ledger, Store(root=tmp_path), "transpose-r-a3-coco", "smoke")


def people(scores: list[float]) -> People:
    """One person per image, image i + 100 with score i."""
    count = len(scores)
    numbers = np.arange(count)
    kinds = np.zeros((count, 17), dtype=np.int8)
    return People(numbers + 100, numbers, numbers, np.array(scores), kinds)


def test_every_run_draws_the_same_lot_and_its_own_best_and_worst():
    rising = [i / 40 for i in range(40)]
    first = build.chosen("coco", people(rising))
    second = build.chosen("coco", people(rising[::-1]))
    numbers = [[u.number for u in some if u.why == "sample"] for some in (first, second)]
    assert numbers[0] == numbers[1]
    assert len(numbers[0]) == build.SAMPLE
    free = [n for n in range(100, 140) if n not in numbers[0]]
    assert [u.number for u in first if u.why == "best"] == free[:-3:-1]
    assert [u.number for u in first if u.why == "worst"] == free[:2]
    assert [u.number for u in second if u.why == "best"] == free[:2]


@pytest.mark.parametrize("count", [0, 1, 4, 5, 7])
def test_few_images_are_drawn_once_each(count):
    units = build.chosen("coco", people([0.5] * count))
    assert len(units) == count
    assert len({unit.number for unit in units}) == count


@pytest.mark.parametrize("dataset", ["coco", "mpii", "crowdpose"])
def test_a_scene_shows_all_its_people_as_annotated(workspace, dataset):
    prepare(dataset, "smoke")
    annotations, images = (dataset_folder(dataset, "smoke") / p for p in IMAGES[dataset][0])
    data = json.loads(annotations.read_text())
    if dataset == "mpii":
        record, number = data[1], 1
        corner = np.array(record["joints"][9]) - 1  # counted from 1 in the file
    else:
        record = max(data["annotations"], key=lambda one: one["num_keypoints"])
        number, corner = record["image_id"], np.array(record["keypoints"][:2])
    scene = scenes_of(dataset, annotations, images, [number])[number]
    x0, y0, x1, y1 = scene.part
    width, height = scene.image().size
    assert 0 <= x0 < x1 <= width
    assert 0 <= y0 < y1 <= height
    joint = 9 if dataset == "mpii" else 0
    assert any(np.allclose(person[joint, :2], corner) for person in scene.people)
    for person in scene.people:
        seen = person[person[:, 2] > 0, :2]
        assert ((seen >= (x0 - 0.5, y0 - 0.5)) & (seen <= (x1, y1))).all()
    if dataset == "crowdpose":
        assert max(len(s.people) for s in every_scene(data, annotations, images)) > 1


def every_scene(data, annotations: Path, images: Path):
    numbers = sorted({one["image_id"] for one in data["annotations"]})
    return scenes_of("crowdpose", annotations, images, numbers).values()


def test_as_many_predictions_are_drawn_as_people_are_annotated(workspace):
    prepare("crowdpose", "smoke")
    place = dataset_folder("crowdpose", "smoke")
    annotations, images = (place / part for part in IMAGES["crowdpose"][0])
    data = json.loads(annotations.read_text())
    several = max(every_scene(data, annotations, images), key=lambda scene: len(scene.people))
    entries = [
        {"image_id": 7, "keypoints": [float(i)] * 42, "score": i / 9, "category_id": 1}
        for i in range(len(several.people) + 3)
    ]
    unit = build.Unit(7, 0.25, "sample", {"good": 3, "miss": 2, "swap": 0})
    panel = build._prediction("crowdpose", unit, several, entries)
    count = len(several.people)
    assert panel.alt == (
        f"{count} people annotated, {count} drawn as predicted; "
        "keypoints of those detected: 3 good, 2 miss"
    )
    assert panel.title == "Image 7, OKS 0.25, random sample"


def test_predicted_and_annotated_keypoints_are_drawn_where_they_lie():
    grey = Image.new("RGB", (40, 30), (128, 128, 128))
    annotated, predicted = (np.array([[x, 14.5, 1.0]] * 17) for x in (9.5, 29.5))
    annotated[5:, 2] = 0  # not labelled: not drawn
    annotated[5:, 0] = 19.5
    picture = drawing.people(grey, (0, 0, 40, 30), [annotated], [predicted])
    assert picture.size == (384, 288)
    pixels = np.asarray(picture).astype(int)
    assert np.abs(pixels[144, 288] - drawing.PREDICTED).max() < 6
    assert np.abs(pixels[144, 99] - drawing.ANNOTATED).max() < 25  # a hollow square
    assert np.abs(pixels[144, 96] - 128).max() < 40
    assert (pixels[144, 192] == 128).all()


def test_heat_is_brightest_where_it_is_largest_and_leaves_the_image_elsewhere():
    heat = np.zeros((8, 6))
    heat[1, 4] = 3.5
    grey = Image.new("RGB", (48, 64), (120, 120, 120))
    picture = np.asarray(drawing.panel(Figure("k", "t", "c", heat=heat), grey).convert("L")).astype(
        int
    )
    row, column = np.unravel_index(picture.argmax(), picture.shape)
    assert abs((row + 0.5) / picture.shape[0] - 1.5 / 8) < 0.05
    assert abs((column + 0.5) / picture.shape[1] - 4.5 / 6) < 0.05
    assert picture[-1, 0] == picture[-1, -1] < 120


@pytest.mark.parametrize(
    "figure",
    [
        Figure("k", "t", "c", heat=np.zeros((3, 4))),
        Figure("k", "t", "c", heat=np.ones((300, 200), dtype=np.float32)),
        Figure("k", "t", "c", points=np.random.rand(200, 2) * 40, weights=np.linspace(0, 1, 200)),
        Figure("k", "t", "c", points=np.array([[-50.0, 900.0]])),
        Figure("k", "t", "c", points=np.zeros((0, 2)), weights=np.zeros(0)),
        Figure("k", "t", "c", matrix=np.ones((1, 1))),
        Figure("k", "t", "c", matrix=np.random.rand(3, 5), rows=("a", "b", "c"), columns=tuple("vwxyz")),
        Figure("k", "t", "c", matrix=np.random.rand(17, 300), rows=keypoint_names(17)),
    ],
)  # fmt: skip
def test_any_figure_becomes_a_small_file_with_words(figure):
    image = Image.new("RGB", (48, 64), (90, 120, 60))
    content = drawing.webp(drawing.panel(figure, image))
    assert content == drawing.webp(drawing.panel(figure, image))
    assert len(content) < 40_000
    assert build._alt_text(figure, image).startswith("t: ")


def test_what_no_longer_fits_is_left_out_and_said(monkeypatch):
    monkeypatch.setattr(build, "MOST_PANELS", 3)
    noise = np.random.default_rng(0).integers(0, 255, (60, 60, 3), dtype=np.uint8)
    panels = [build.Panel("t", "a", Image.fromarray(noise))] * 5
    album = build.Album()
    album.add("k", "title", "Caption.", panels)
    assert (
        album.exhibits[0].caption == "Caption. 2 of 5 pictures are left out to keep the page small."
    )
    monkeypatch.setattr(build, "MOST_BYTES", sum(map(len, album.files.values())) + 10)
    album.add("k", "title", "Caption.", panels)
    assert len(album.exhibits) == 1
    assert len(album.files) == 3


def test_a_network_without_figures_shows_none_and_keeps_its_mode():
    import torch

    class Silent(torch.nn.Module):
        head = torch.nn.Identity()

    assert figures(Silent(), torch.zeros(3, 8, 8), None) == []


def test_a_stored_gallery_reads_back_as_it_was_written(measured):
    store, folder = measured
    [stored] = store.accuracies()
    written = Gallery.model_validate_json((folder / "gallery.json").read_bytes())
    assert read_gallery(stored) == written
    assert written.predictions == stored.result.predictions.sha256
