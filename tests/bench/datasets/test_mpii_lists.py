"""Lists of MPII's validation split: who is named but cannot be evaluated, and how the list is written."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from bench.cli import main
from bench.datasets import mpii
from bench.errors import DataError
from tests.bench.datasets.mpii_release import release
from tests.bench.datasets.test_mpii import people, saved
from tests.conftest import shared_folder

pytestmark = pytest.mark.process


@pytest.mark.parametrize(
    ("field", "lack"),
    [
        ("x1", "no head box"),
        ("y2", "no head box"),
        ("scale", "no scale"),
        ("x1 scale", "no scale and no head box"),
        ("annopoints", "no joints"),
    ],
)
def test_a_person_who_is_there_but_cannot_be_evaluated_is_named(tmp_path, field: str, lack: str):
    content, listed = release(people("a.jpg", "b.jpg")), people("a.jpg", "b.jpg")
    rect = content["RELEASE"]["annolist"][0, 1]["annorect"]
    for person in (rect[0, 0], rect[0, 1]):
        for name in field.split():
            person[name] = np.zeros((0, 0))
    mat = saved(tmp_path / "m.mat", content)
    blank = {"joints_vis": [0] * 16} if field == "annopoints" else {}
    (tmp_path / "val.json").write_text(json.dumps([listed[0], {**listed[2], **blank}]))
    (tmp_path / "val.txt").write_text("a.jpg\nb.jpg\n")
    for name, where in (("val.json", r"entry 1 \(b\.jpg at .*\)"), ("val.txt", "'b.jpg'")):
        with pytest.raises(DataError, match=f"{where} is there, but has {lack}; take it off"):
            mpii.convert(mat, tmp_path / "out", tmp_path / name)
    assert not (tmp_path / "out").exists()
    (tmp_path / "val.txt").write_text("a.jpg\n")
    left_out = f"no {lack.removeprefix('no ').partition(' and ')[0]}"
    counts = mpii.convert(mat, tmp_path / "out", tmp_path / "val.txt")
    assert counts == {"train": 0, "val": 2, left_out: 2}


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("b.jpg\r\na.jpg\r\n", "utf-8-sig"),
        ("b.jpg\r\na.jpg\r\n", "utf-16"),
        ("\ufeffb.jpg\na.jpg", "utf-16-be"),
        ("b.jpg\n\ufeffa.jpg\n", "utf-8-sig"),  # two lists joined
        ("b.jpg\ra.jpg\r", "utf-8"),
        ("  b.jpg \n\n a.jpg\t\n", "utf-8"),
    ],
)
def test_a_byte_order_mark_and_line_ends_are_no_part_of_a_name(tmp_path, text: str, encoding: str):
    mat = saved(tmp_path / "m.mat", release(people("a.jpg", "b.jpg", "c.jpg")))
    (tmp_path / "val.txt").write_bytes(text.encode(encoding))
    counts = mpii.convert(mat, tmp_path / "out", tmp_path / "val.txt")
    assert counts == {"train": 2, "val": 4}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "a.jpg\nö.jpg\n".encode("latin-1"),
            r"val\.txt:2: byte 0xf6 is not UTF-8, it may be Latin-1",
        ),
        (b"a.jpg\n\x80\n", r"val\.txt:2: byte 0x80 is not UTF-8"),
        (b"\xff\xfea", r"val\.txt:1: .* is not UTF-16"),
    ],
)
def test_a_list_in_another_encoding_is_named_by_line(tmp_path, content: bytes, message: str):
    mat = saved(tmp_path / "m.mat", release(people("a.jpg", "b.jpg")))
    (tmp_path / "val.txt").write_bytes(content)
    with pytest.raises(DataError, match=message):
        mpii.convert(mat, tmp_path / "out", tmp_path / "val.txt")


@pytest.mark.data
@pytest.mark.parametrize(
    ("mat", "split", "message"),
    [
        ("rel-crlf.mat", "val_images_crlf.txt", "3 people train, 2 val"),
        ("rel-crlf.mat", "hrnet_valid.json", "3 people train, 2 val"),
        ("rel-no-head.mat", "hrnet_valid.json", "is there, but has no head box"),
    ],
)
def test_the_shared_cases_convert_or_say_why_not(tmp_path, monkeypatch, mat, split, message):
    cases = shared_folder("cases", "mpii5")
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path))
    done = CliRunner().invoke(
        main, ["convert-mpii", str(cases / mat), "--split", str(cases / split)]
    )
    assert message in done.stderr
    assert done.exit_code == (2 if "but" in message else 0)
