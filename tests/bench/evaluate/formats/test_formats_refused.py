"""Files of no known format, hostile ones and damaged ones: one line, and nothing is run."""

import contextlib
import copy
import json
import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.errors import DataError
from bench.evaluate.formats import FORMATS
from bench.evaluate.formats.people import Reading
from bench.evaluate.ground_truth import known_to
from bench.evaluate.predictions import read_predictions
from tests.bench.evaluate.formats.test_formats import (
    ONE,
    SAMPLES,
    TRUTH,
    WITH_SCORES,
    WITHOUT_SCORES,
    label,
    read,
)


def openpose(count: int, value: float = 50.0) -> str:
    return json.dumps({"people": [{"pose_keypoints_2d": [value] * (3 * count)}]})


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("000000000001.txt", label(1, 2, 3), r"\.txt:1 has 59 numbers; a person has 56"),
        ("000000000001.txt", label(0.5, p4=300), "coordinates up to 300; fractions"),
        ("000000000001.txt", label(0.5, kind=16), "is of class 16; a person is class 0"),
        ("000000000001.txt", label() + "\nperson 0.5", r"\.txt:2 is not a line of numbers"),
        ("000000000001_keypoints.json", openpose(15), "has 15 keypoints; known are 18, 25"),
        (
            "000000000001_keypoints.json",
            openpose(25, 0.5),
            "--keypoint_scale 0, which writes pixels",
        ),
        ("000000000001_keypoints.json", '{"people": [7]}', "person 1: keypoints are not a list"),
        (
            "a.json",
            '{"result": []}',
            "is a JSON dict; predictions are a list of entries, or in one",
        ),
        ("a.json", "7", "is a JSON int; predictions are"),
        (
            "a.xml",
            "<annotations><image/></annotations>",
            "label person are expected; there are: none",
        ),
        ("a.xml", "<annotations><track id='0'/></annotations>", "export 'CVAT for images 1.1'"),
        ("a.xml", "<annotations>", "is not readable XML"),
        ("a.xml", "<!DOCTYPE html><html></html>", "a document type .* is not allowed"),
    ],
)
def test_what_is_of_no_format_is_refused_in_one_line(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=message) as caught:
        read(tmp_path / name, ONE)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE a [<!ENTITY l "lol"><!ENTITY m "&l;&l;&l;&l;&l;&l;&l;&l;">]>',  # expansion
        '<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/hostname">]>',  # inclusion
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">',  # a request
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]>',
    ],
)
def test_xml_with_entities_is_refused_before_anything_is_expanded(head: str, tmp_path: Path):
    body = (SAMPLES / "cvat.xml").read_text().partition("?>")[2]
    (tmp_path / "a.xml").write_text(f"<?xml version='1.0'?>{head}{body}")
    with pytest.raises(DataError, match=r"a\.xml:1: a document type"):
        read(tmp_path / "a.xml", ONE)


class Evil:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("name", ["dump.pkl", "results.pickle", "results.json"])
def test_a_pickle_is_never_read(name: str, tmp_path: Path):
    (tmp_path / name).write_bytes(pickle.dumps([Evil(tmp_path / "executed")]))
    with pytest.raises(DataError, match=r"a Python pickle.*outfile_prefix"):
        read(tmp_path / name)
    assert not (tmp_path / "executed").exists()


def test_a_wrong_format_is_refused_with_what_it_looks_like():
    for file, form in [*WITH_SCORES, *WITHOUT_SCORES]:
        for other in set(FORMATS) - {form, *(["coco"] if form == "alphapose" else [])}:
            with pytest.raises(DataError, match=rf"is not of the format {other}; "):
                read(SAMPLES / file, Reading(form=other))


def test_mpii_and_keypoints_that_a_tool_does_not_have_are_refused():
    with pytest.raises(DataError, match="does not say which annotated person"):
        read_predictions(SAMPLES / "mmpose", "mpii", range(3))
    images = known_to("coco", TRUTH).images
    with pytest.raises(DataError, match=r"openpose gives no keypoint head_top.*crowdpose needs it"):
        read_predictions(SAMPLES / "openpose-body25", "crowdpose", images, reading=ONE)


def test_a_folder_of_two_kinds_of_files_or_of_none_is_refused(tmp_path: Path):
    with pytest.raises(DataError, match=r"has no \.json or \.txt files"):
        read(tmp_path)
    shutil.copy(SAMPLES / "coco.json", tmp_path)
    shutil.copy(SAMPLES / "yolo-txt/000000000001.txt", tmp_path)
    with pytest.raises(DataError, match=r"has 1 \.json and 1 \.txt files"):
        read(tmp_path)


def spoiled(data: Any) -> Iterator[Any]:
    """The data with one part at a time replaced by something of another type."""

    def places(node: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        yield path
        if not isinstance(node, dict | list):
            return
        for key, value in node.items() if isinstance(node, dict) else enumerate(node[:2]):
            yield from places(value, (*path, key))

    for path in places(data, ()):
        for wrong in (None, [], {}, "x", True, 1e300, [[]], {"a": 1}):
            changed = copy.deepcopy(data)
            *above, last = path or (None,)
            node = changed
            for key in above:
                node = node[key]
            if path:
                node[last] = wrong
            yield changed if path else wrong


@pytest.mark.parametrize(
    "file",
    [
        "alphapose-results.json",
        "mmpose/000000000012.json",
        "mmpose-demo/results_000000000012.json",
        "yolo-json/000000000012.json",
        "openpose-body25/000000000012_keypoints.json",
        "coco-annotations.json",
    ],
)
def test_no_damaged_file_ends_in_a_traceback(file: str, tmp_path: Path):
    target = tmp_path / Path(file).name
    for data in spoiled(json.loads((SAMPLES / file).read_bytes())):
        target.write_text(json.dumps(data))
        for reading in (None, ONE):
            with contextlib.suppress(DataError):
                read(target, reading)
