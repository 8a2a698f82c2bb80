"""`fetch --data-root`: what is whole is linked, official archives are found, a part of a data set is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from bench.datasets import splits
from bench.errors import DataError
from bench.fetch import layout
from bench.fetch.layout import receipt
from bench.fetch.sources import Source
from tests.bench.fetch.test_fetcher import (  # noqa: F401
    ARCHIVE,
    PICTURES,
    full,
    known,
    quietly,
)


@pytest.mark.parametrize("place", [".", "coco", "zips", "datasets/coco"])
def test_an_official_archive_is_found_and_left_where_it_is(place, known, server, tmp_path):  # noqa: F811
    archive = tmp_path / "disk" / place / "val.zip"
    archive.parent.mkdir(parents=True)
    archive.write_bytes(ARCHIVE)
    said = quietly("pictures", data_root=tmp_path / "disk")
    assert f"{archive} is unpacked where it is" in said[0]
    for name, content in PICTURES.items():
        assert (full(tmp_path) / "coco/val2017" / name).read_bytes() == content
    assert archive.read_bytes() == ARCHIVE
    assert server.files["/val.zip"].requests == []
    assert receipt("pictures")["files"]["val.zip"]["from"] == "found here"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (ARCHIVE[:-1], "bytes, expected"),
        (b"", "has 0 bytes, expected"),
        (ARCHIVE[:-1] + b"x", "SHA-256 is .*, the published one is"),
    ],
)
def test_an_archive_that_is_not_the_published_one_is_named(content, message, known, tmp_path):  # noqa: F811
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "val.zip").write_bytes(content)
    with pytest.raises(DataError, match=rf"disk/val\.zip.*{message}"):
        quietly("pictures", data_root=tmp_path / "disk")
    assert (tmp_path / "disk" / "val.zip").read_bytes() == content
    quietly("pictures")  # is downloaded


def annotations(images: int, people: int) -> dict[str, Any]:
    return {
        "images": [{"id": n, "file_name": f"{n}.jpg"} for n in range(images)],
        "annotations": [{"id": n, "image_id": 0} for n in range(people)],
        "categories": [],
    }


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A published split of 4 images and 6 people, or 5 people (MPII), and a folder for files of it."""
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path / "ws"))
    for module in (splits, layout):
        monkeypatch.setattr(
            module, "PUBLISHED_SIZES", {"coco": (4, 4), "mpii": (5, 5), "crowdpose": (4, 4)}
        )
        monkeypatch.setattr(module, "PUBLISHED_PEOPLE", {"coco": (6, 6)})
    (tmp_path / "disk").mkdir()
    return tmp_path / "disk"


def linked(disk: Path, folder: str, name: str) -> list[str]:
    source = Source.model_validate(
        {
            "title": "t",
            "licence": "l",
            "citation": "c",
            "folder": folder,
            "files": [
                {"name": "a.zip", "page": "https://a.invalid/", "unpack": {name: "annotations"}}
            ],
            "by_hand": "x",
            "provides": {f"annotations/{name}": "file"},
        }
    )
    return layout.link_existing("test", source, disk)


COCO, CROWD = "person_keypoints_val2017.json", "mmpose_crowdpose_test.json"
PERSON = {"image": "a.jpg", "joints": [], "joints_vis": []}


@pytest.mark.parametrize(
    ("folder", "name", "content", "message"),
    [
        ("coco", COCO, annotations(4, 6), ""),
        ("coco", COCO, annotations(3, 6), "lists 3 images of 4 published: a subset is not linked"),
        ("coco", COCO, annotations(4, 5), "lists 5 people of 6 published: a subset is not linked"),
        ("coco", COCO, annotations(1, 1), "lists 1 images of 4 and 1 people of 6 published"),
        ("coco", COCO, annotations(5, 6), "lists 5 images of 4 published"),
        ("coco", COCO, {"licenses": []}, "is not an annotation file"),
        ("crowdpose", CROWD, annotations(4, 99), ""),
        ("crowdpose", CROWD, annotations(2, 99), "lists 2 images of 4 published"),
        ("mpii", "mpii_val.json", [PERSON] * 5, ""),
        ("mpii", "mpii_val.json", [PERSON] * 4, "lists 4 people of 5 published"),
    ],
)
@pytest.mark.parametrize("place", ["annotations", "{folder}/annotations"])
def test_annotations_of_a_part_of_a_split_are_not_linked(
    small: Path, folder: str, name: str, content: Any, message: str, place: str
):
    file = small / place.format(folder=folder) / name
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(content))
    if message:
        with pytest.raises(DataError, match=message):
            linked(small, folder, name)
    else:
        assert linked(small, folder, name) == [f"annotations/{name}"]
    target = small.parent / "ws/data/full" / folder / "annotations" / name
    assert target.is_symlink() == (not message)


@pytest.mark.process
@pytest.mark.parametrize(
    ("people", "message"), [(5, ""), (4, "4 people of 5"), (1, "1 people of 5")]
)
def test_mpiis_arrays_are_counted_too(small: Path, people: int, message: str):
    (small / "annotations").mkdir()
    savemat(small / "annotations/mpii_gt_val.mat", {"jnt_missing": np.zeros((16, people))})
    if not message:
        assert linked(small, "mpii", "mpii_gt_val.mat") == ["annotations/mpii_gt_val.mat"]
        return
    with pytest.raises(DataError, match=message):
        linked(small, "mpii", "mpii_gt_val.mat")


@pytest.mark.data
def test_a_small_public_copy_of_coco_is_not_taken_for_coco(samples: Path, tmp_path, monkeypatch):
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path))
    with pytest.raises(
        DataError, match=r"lists 23 images of 5000 and 127 people of 11004 published"
    ):
        quietly("coco-annotations", data_root=samples / "coco_tiny", offline=True)
    with pytest.raises(DataError, match=r"val2017 has 23 files, 5000 are published"):
        quietly("coco-val", data_root=samples / "coco_tiny", offline=True)
