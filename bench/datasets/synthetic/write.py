"""Whole data sets of synthetic people on disk, in COCO's, MPII's or CrowdPose's own layout."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from bench.datasets.splits import IMAGES
from bench.datasets.synthetic.annotate import SPLITS, Notes, annotation_files, note
from bench.datasets.synthetic.dice import Dice
from bench.datasets.synthetic.png import encode_png
from bench.datasets.synthetic.scene import checked_size, render
from bench.datasets.synthetic.views import Dataset
from bench.errors import DataError, EnvironmentProblem, UnknownName

VERSION = 1  # of the pictures and annotations: raise it when either changes for the same seed
DATASETS = ("coco", "mpii", "crowdpose")

# Image ids: those of val follow after the last possible id of train.
_FIRST_ID = {"train": 1, "val": 1_000_001}


@dataclass(frozen=True)
class Recipe:
    """What a folder of synthetic data was made from; equal recipes give equal bytes."""

    version: int
    dataset: Dataset
    kind: str
    difficulty: str
    seed: int
    train: int
    val: int
    width: int
    height: int


@dataclass(frozen=True)
class Manifest:
    """What a folder holds: its recipe, how many images and people, and a SHA-256 over all files."""

    recipe: Recipe
    images: dict[str, int]
    people: dict[str, int]
    fingerprint: str


def generate(
    folder: Path,
    *,
    dataset: Dataset,
    kind: str = "crops",
    difficulty: str = "easy",
    seed: int = 0,
    train: int,
    val: int,
    size: tuple[int, int] | None = None,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Manifest:
    """Write a data set into `folder`, which stock MMPose reads when its `data_root` points there.

    The pictures depend on (kind, difficulty, seed, split, index, size) alone, so the three data
    sets show the same people. The folder appears complete or not at all; if it is already there
    with the same recipe nothing is done. `progress(done, total)` is called after each image.
    Raises `UnknownName` for an unknown choice, `EnvironmentProblem` where the disk cannot be
    written, `DataError` for a negative count, an empty set, a bad size, or a folder that holds
    something else.
    """
    if dataset not in DATASETS:
        raise UnknownName("data set", dataset, DATASETS)
    width, height = checked_size(kind, difficulty, size)
    if min(train, val) < 0 or train + val == 0 or max(train, val) > 1_000_000 or workers < 1:
        raise DataError(
            f"train={train}, val={val}, workers={workers}: allowed are 0 to 1000000 images "
            "a split (one at least) and 1 or more workers."
        )
    recipe = Recipe(VERSION, dataset, kind, difficulty, seed, train, val, width, height)
    return _existing(folder, recipe) or _written(folder, recipe, workers, progress)


def _written(
    folder: Path, recipe: Recipe, workers: int, progress: Callable[[int, int], None] | None
) -> Manifest:
    """Write everything to a temporary folder next to the target, then rename it."""
    scratch = folder.parent
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        manifest = _fill(scratch, recipe, workers, progress)
        scratch.chmod(0o755)
        if folder.is_dir():
            folder.rmdir()  # an empty folder, `_existing` saw to that
        os.replace(scratch, folder)
    except BaseException as error:
        if scratch != folder.parent:
            shutil.rmtree(scratch, ignore_errors=True)
        if isinstance(error, OSError):
            raise EnvironmentProblem(
                f"{folder} could not be written ({error.strerror}); nothing was left behind. "
                "Free some space, or choose a writable folder."
            ) from error
        raise
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder that `generate` made. Raises `DataError` where there is none."""
    path = folder / "manifest.json"
    try:
        data = json.loads(path.read_text())
        return Manifest(**{**data, "recipe": Recipe(**data["recipe"])})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"{path}: no manifest of synthetic data ({error}); generate the folder again."
        ) from error


def fingerprint(folder: Path) -> str:
    """SHA-256 over the relative path and SHA-256 of every file in a folder but its manifest."""
    files = (p for p in folder.rglob("*") if p.is_file() and p.name != "manifest.json")
    return _combined((f.relative_to(folder).as_posix(), _sha256(f.read_bytes())) for f in files)


def _existing(folder: Path, recipe: Recipe) -> Manifest | None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return None
    hint = "Choose another folder, or remove this one."
    if not (folder / "manifest.json").is_file():
        raise DataError(f"{folder} exists and is not synthetic data. {hint}")
    manifest = read_manifest(folder)
    if manifest.recipe != recipe:
        ours, theirs = asdict(recipe), asdict(manifest.recipe)
        differs = ", ".join(f"{k}={theirs[k]} not {ours[k]}" for k in ours if ours[k] != theirs[k])
        raise DataError(f"{folder} holds other synthetic data ({differs}). {hint}")
    return manifest


def _fill(
    root: Path, recipe: Recipe, workers: int, progress: Callable[[int, int], None] | None
) -> Manifest:
    hashes: dict[str, str] = {}
    images, people = {}, {}
    done = 0
    for split, count in (("train", recipe.train), ("val", recipe.val)):
        _, place = IMAGES[recipe.dataset][SPLITS.index(split)]
        (root / place).mkdir(exist_ok=True)
        notes: list[Notes] = []
        for one, digest in _images(root / place, recipe, split, count, workers):
            notes.append(one)
            hashes[f"{place}/{one.image['file_name']}"] = digest
            done += 1
            if progress:
                progress(done, recipe.train + recipe.val)
        for name, content in annotation_files(recipe.dataset, split, notes).items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            hashes[name] = _sha256(content)
        images[split] = len(notes)
        people[split] = sum(len(one.people) for one in notes)
    manifest = Manifest(recipe, images, people, _combined(hashes.items()))
    (root / "manifest.json").write_text(json.dumps(asdict(manifest), indent=1) + "\n")
    return manifest


def _images(
    place: Path, recipe: Recipe, split: str, count: int, workers: int
) -> Iterator[tuple[Notes, str]]:
    """Write the images of a split; annotations and SHA-256 of each, in order."""
    write = partial(_write_one, place, recipe, split)
    if workers == 1:
        yield from map(write, range(count))
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(write, range(count), chunksize=16)


def _write_one(place: Path, recipe: Recipe, split: str, index: int) -> tuple[Notes, str]:
    scene = render(
        recipe.seed,
        index,
        split=split,
        kind=recipe.kind,
        difficulty=recipe.difficulty,
        size=(recipe.width, recipe.height),
    )
    image_id = _FIRST_ID[split] + index
    name = f"{image_id:012d}.png"
    content = encode_png(scene.image)
    (place / name).write_bytes(content)
    dice = Dice("detector", recipe.kind, recipe.difficulty, recipe.seed, split, index)
    return note(recipe.dataset, scene, image_id, name, dice), _sha256(content)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _combined(hashes: Iterable[tuple[str, str]]) -> str:
    return _sha256("".join(f"{digest}  {name}\n" for name, digest in sorted(hashes)).encode())
