"""Conversion of MPII from the authors' .mat to the layout that HRNet introduced and MMPose reads.

The .mat has a struct RELEASE: `annolist` (image name; `annorect`, one per person, with head box x1 y1 x2 y2, `scale` in
units of 200 pixels, `objpos`, `annopoints.point` with x, y, id, is_visible), `img_train`. Pixels are 1-based in both.
Joint ids are those of HRNet's files. `joints_vis` is 1 for every annotated joint, visible or hidden, since PCKh counts
both; a joint that is not annotated has [-1, -1].

The .mat does not say who is in train and who is in val: both are images with `img_train` 1, and the published split
(Tompson et al.) is a list. `convert` takes such a list. Without one it splits by a rule of its own, which it stores in
`mpii_split.json`; results on that split are marked and never compared with the paper.
"""

import hashlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.datasets.keypoints import MPII_SHORT_NAMES
from bench.datasets.matlab import mat_file
from bench.errors import DataError
from bench.files import read_json, read_text, write_atomically
from bench.paths import ROOT

SPLIT_NOTE = "mpii_split.json"
OWN_RULE = "own split: images whose SHA-256 of the name is divisible by 9 are val"
Person = dict[str, Any]


def read_people(mat: Path) -> list[Person]:
    """Every annotated person of the training images, in the order of the .mat.

    Each is an entry of HRNet's files (`image`, `center`, `scale`, `joints` [16][2], `joints_vis` [16]) plus `head` [x1,
    y1, x2, y2]. Joints are rounded to 4 digits and scales to 6, as in the published files. A person without position,
    scale, head box or joints is left out, since the evaluation cannot use them. Raises `DataError` for any other file.
    """
    return [person for person, lacks in _read(mat) if not lacks]


def _read(mat: Path) -> list[tuple[Person, list[str]]]:
    """Every person of the training images, and what each lacks.

    scipy's reader executes nothing in the file (only numbers, text, cells and structs), but a damaged file can crash
    SciPy 1.17: it runs in a separate process.
    """
    command = [sys.executable, "-m", __name__, str(mat.resolve())]
    done = subprocess.run(command, capture_output=True, cwd=ROOT)
    if done.returncode < 0:
        raise DataError(f"{mat} is not a readable .mat file: it crashes the reader")
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.decode(errors="replace").strip().splitlines() or ["no output"])[-1]
        raise DataError(f"{mat} could not be read: {last}") from None
    if isinstance(answer, str):
        raise DataError(answer)
    return [(person, lacks) for person, lacks in answer]


def read_here(mat: Path) -> list[tuple[Person, list[str]]]:
    """`_read` in this process."""
    release = _load(mat)
    try:
        images, train = _list(release.annolist), np.ravel(release.img_train)
        if len(images) != len(train):
            raise DataError(f"{mat}: {len(images)} images, but img_train has {len(train)} entries")
        return [
            person
            for image, known in zip(images, train, strict=True)
            if int(known)
            for person in _people(image)
        ]
    except (AttributeError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise DataError(f"{mat} does not have MPII's structure: {error}") from None


def _load(mat: Path) -> Any:
    from scipy.io import loadmat

    try:
        content = loadmat(str(mat), struct_as_record=False, squeeze_me=True)
    except FileNotFoundError:
        raise DataError(f"{mat} is missing; `repropose fetch mpii-original` downloads it") from None
    except Exception as error:  # scipy raises anything on a file that is not a .mat file
        raise DataError(f"{mat} is not a readable .mat file: {error}") from None
    if not hasattr(content.get("RELEASE"), "_fieldnames"):
        there = ", ".join(k for k in content if not k.startswith("__")) or "nothing"
        raise DataError(f"{mat} holds {there}; MPII's annotations have a struct RELEASE")
    return content["RELEASE"]


def _list(value: Any) -> list[Any]:
    """A struct array, which `squeeze_me` may have turned into a single struct or None."""
    if value is None:
        return []
    if isinstance(value, np.ndarray):
        return list(value.ravel())
    return [value]


def _people(image: Any) -> Iterator[tuple[Person, list[str]]]:
    name = image.image.name
    if not isinstance(name, str) or not name or "/" in name or name.startswith("."):
        raise ValueError(f"an image is named {name!r}")
    for rect in _list(getattr(image, "annorect", None)):
        yield _person(rect, name)


def _person(rect: Any, name: str) -> tuple[Person, list[str]]:
    """A person, and what is missing to be evaluated."""
    values = [_number(getattr(rect, key, None)) for key in ("x1", "y1", "x2", "y2", "scale")]
    position, points = getattr(rect, "objpos", None), getattr(rect, "annopoints", None)
    center = [_number(getattr(position, key, None)) for key in ("x", "y")]
    joints, seen = [[-1.0, -1.0] for _ in MPII_SHORT_NAMES], [0] * len(MPII_SHORT_NAMES)
    for point in _list(getattr(points, "point", None)):
        place = _number(getattr(point, "id", None))
        if place is None or not 0 <= place < len(MPII_SHORT_NAMES) or place != int(place):
            raise ValueError(f"{name}: a joint has the id {place}; allowed are 0 to 15")
        joints[int(place)] = [round(float(point.x), 4), round(float(point.y), 4)]
        seen[int(place)] = 1
    missing = {
        "position": None in center,
        "scale": values[4] is None,
        "head box": None in values[:4],
        "joints": not any(seen),
    }
    person = {
        "joints_vis": seen,
        "joints": joints,
        "image": name,
        "scale": round(float(values[4] or 0.0), 6),
        "center": center,
        "head": values[:4],
    }
    return person, [what for what, lacks in missing.items() if lacks]


def _number(value: Any) -> float | None:
    """A finite number; None for MATLAB's []."""
    if value is None or np.size(value) != 1:
        return None
    number = float(np.ravel(value)[0])
    return number if np.isfinite(number) else None


def convert(mat: Path, folder: Path, split: Path | None = None) -> dict[str, int]:
    """Write mpii_train.json, mpii_val.json, mpii_gt_val.mat and mpii_split.json; the number of people in each, and of
    those left out, by what they lack ("no head box").

    `split` lists who is in val: HRNet's mpii_val.json (people, by image and position, in its order), or a
    text file with one image name per line. Without it `OWN_RULE` decides.
    """
    everyone = _read(mat)
    people = [person for person, lacks in everyone if not lacks]
    note = {"rule": OWN_RULE}
    if split is None:
        hashes = (hashlib.sha256(p["image"].encode()).hexdigest() for p in people)
        chosen = [p for p, digits in zip(people, hashes, strict=True) if int(digits, 16) % 9 == 0]
    else:
        chosen = _listed(everyone, split)
        digest = hashlib.sha256(split.read_bytes()).hexdigest()
        note = {"rule": "published list", "list": split.name, "sha256": digest}
    taken = {id(person) for person in chosen}
    rest = [p for p in people if id(p) not in taken]
    _note(folder, {"rule": "conversion not finished; run convert-mpii again"})
    for name, part in (("mpii_train.json", rest), ("mpii_val.json", chosen)):
        entries = [{k: v for k, v in p.items() if k != "head"} for p in part]
        write_atomically(folder / name, json.dumps(entries).encode())
    write_atomically(folder / "mpii_gt_val.mat", truth_file(ground_truth(chosen)))
    _note(folder, note)
    left_out = Counter(f"no {what}" for _, lacks in everyone for what in lacks[:1])
    return {"train": len(rest), "val": len(chosen), **left_out}


def _note(folder: Path, note: Mapping[str, str]) -> None:
    """Record the rule of the split. Results on any but the published one are marked and never compared."""
    write_atomically(folder / SPLIT_NOTE, json.dumps(note, indent=1).encode())


def _listed(everyone: Sequence[tuple[Person, list[str]]], split: Path) -> list[Person]:
    """The people of val, in the order of the list.

    Raises `DataError` for one who is not in the .mat, or lacks there what the evaluation needs.
    """
    people = [person for person, lacks in everyone if not lacks]
    if split.suffix != ".json":
        names = {line.strip() for line in read_text(split).splitlines() if line.strip()}
        if unknown := sorted(names - {person["image"] for person in people}):
            there = [lacks for person, lacks in everyone if person["image"] == unknown[0]]
            if there:
                raise DataError(f"{split}: {unknown[0]!r} is there, {_but(there[0])}")
            raise DataError(f"{split}: no person of the .mat is on {unknown[0]!r}")
        return [person for person in people if person["image"] in names]
    by_place = {_key(person): (person, lacks) for person, lacks in everyone if _placed(person)}
    entries = read_json(split)
    try:
        keys = [_key(entry) for entry in entries]
    except (KeyError, TypeError, ValueError, IndexError):
        raise DataError(f"{split} is not a list of people with image, center and joints") from None
    for place, key in enumerate(keys):
        where = f"{split}: entry {place} ({key[0]} at {key[1:3]})"
        if key not in by_place:
            raise DataError(f"{where} is not in the .mat")
        if lacks := by_place[key][1]:
            raise DataError(f"{where} is there, {_but(lacks)}")
    return [by_place[key][0] for key in keys]


def _placed(person: Person) -> bool:
    return None not in person["center"]


def _but(lacks: Sequence[str]) -> str:
    return (
        f"but has no {' and no '.join(lacks)}; take it off the list, or use the authors' own .mat"
    )


def _key(person: Mapping[str, Any]) -> tuple[Any, ...]:
    """Image, position and first annotated joint, which identify a person."""
    x, y = person["center"]
    marked = zip(person["joints"], person["joints_vis"], strict=True)
    first = next((joint for joint, seen in marked if seen), ())
    return person["image"], round(float(x), 1), round(float(y), 1), *(round(v, 1) for v in first)


def ground_truth(people: Sequence[Person]) -> dict[str, NDArray[Any]]:
    """The arrays that MPII's evaluation reads: `headboxes_src` [2, 2, N] (corner, coordinate, person), `pos_gt_src`
    [16, 2, N], `jnt_missing` [16, N]; pixels are 1-based."""
    joints = np.array([p["joints"] for p in people], float).reshape(-1, len(MPII_SHORT_NAMES), 2)
    heads = np.array([p["head"] for p in people], float).reshape(-1, 2, 2)
    seen = np.array([p["joints_vis"] for p in people], float).reshape(-1, len(MPII_SHORT_NAMES))
    return {
        "headboxes_src": heads.transpose(1, 2, 0),
        "jnt_missing": 1.0 - seen.T,
        "pos_gt_src": joints.transpose(1, 2, 0),
    }


def truth_file(arrays: Mapping[str, Any]) -> bytes:
    """mpii_gt_val.mat: `ground_truth` and `dataset_joints` [1, 16], the joints' names."""
    names = np.empty((1, len(MPII_SHORT_NAMES)), object)
    names[0, :] = MPII_SHORT_NAMES
    return mat_file({"dataset_joints": names, **arrays}, "converted from MPII")


if __name__ == "__main__":
    try:
        print(json.dumps(read_here(Path(sys.argv[1]))))
    except DataError as problem:
        print(json.dumps(str(problem)))
