"""Files are written whole or not at all, and read within bounds."""

import gzip
import io
import json
import os
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import DataError, EnvironmentProblem
from bench.files import (
    gunzip,
    parse_json,
    read_bytes,
    read_json,
    write_atomically,
    write_if_changed,
)


def test_a_file_is_written_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.bin"
    write_atomically(path, memoryview(b"content"))
    assert path.read_bytes() == b"content"
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failed_write_leaves_the_old_file_alone(tmp_path: Path, monkeypatch, call: str) -> None:
    path = tmp_path / "a.json"
    write_atomically(path, b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, full)
    with pytest.raises(EnvironmentProblem, match=r"a\.json: cannot be written: No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_only_durable_writes_wait_for_the_disk(tmp_path: Path, monkeypatch) -> None:
    calls: list[int] = []
    monkeypatch.setattr(os, "fsync", calls.append)
    write_atomically(tmp_path / "a", b"a", durable=False)
    assert not calls
    write_atomically(tmp_path / "a", b"b")
    assert len(calls) == 2  # the file and its folder


def test_an_unchanged_file_keeps_its_time(tmp_path: Path) -> None:
    path = tmp_path / "a"
    assert write_if_changed(path, b"same")
    os.utime(path, ns=(1, 1))
    assert not write_if_changed(path, b"same")
    assert path.stat().st_mtime_ns == 1
    assert write_if_changed(path, b"more")
    assert path.read_bytes() == b"more"


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    (tmp_path / "p.json.gz").write_bytes(gzip.compress(b"[" + b" " * 10**7 + b"]"))
    with pytest.raises(DataError, match="unpacks to more than 1000000 bytes"):
        read_bytes(tmp_path / "p.json.gz", 10**6)
    with pytest.raises(DataError, match="ends in the middle"):
        gunzip(gzip.compress(b"x" * 99)[:-9], "it")
    with pytest.raises(DataError, match="is not a gzip file"):
        gunzip(zlib.compress(b"x"), "it")
    (tmp_path / "large.json").write_bytes(b" " * 2000)
    with pytest.raises(DataError, match="has 2000 bytes; at most 1000 are read"):
        read_bytes(tmp_path / "large.json", 1000)


WHOLE = b'[{"a": 1}, {"a": 2}]'


def zipped(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json.gz", gzip.compress(WHOLE[:7]) + gzip.compress(WHOLE[7:])),
        ("a.json.gz", b"".join(gzip.compress(WHOLE[n : n + 1]) for n in range(len(WHOLE)))),
        ("a.json.gz", gzip.compress(b"") + gzip.compress(WHOLE) + gzip.compress(b"")),
        ("a.json.gz", gzip.compress(WHOLE) + bytes(512)),  # padded, as tapes do
        ("a.json", gzip.compress(WHOLE)),  # packed by a server under its plain name
        ("a.zip", zipped(("results/a.json", WHOLE))),
        ("a.zip", zipped(("a.json", WHOLE), ("__MACOSX/._a.json", b"x"), (".DS_Store", b"x"))),
        ("a.zip", zipped(("a.json", WHOLE), ("README.txt", b"hello"))),
        ("a.zip", zipped(("a.json.gz", gzip.compress(WHOLE)))),
        ("a.json", zipped(("a.json", WHOLE))),
    ],
)
def test_packed_json_is_one_stream(tmp_path: Path, name: str, content: bytes):
    (tmp_path / name).write_bytes(content)
    assert read_json(tmp_path / name) == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "a.json.gz",
            gzip.compress(WHOLE) * 2,
            "several JSON values in a row, the second from line 1",
        ),
        ("a.json", b"[1]\n[2]", "several JSON values in a row, the second from line 2, column 1"),
        ("a.json", b'{"a": 1}\n{"a": 2}\n', "in a row, .* join their entries into one list"),
        ("a.json", b"[1] garbage", "several JSON values in a row"),
        ("a.json.gz", gzip.compress(WHOLE) + b"garbage", "is not a gzip file"),
        ("a.json.gz", gzip.compress(WHOLE) + gzip.compress(WHOLE)[:-4], "ends in the middle"),
        ("a.json.gz", b"", "it is empty"),
        (
            "a.zip",
            zipped(("a.json", b"[1]"), ("b.json", b"[2]")),
            r"with 2 JSON .* \(a.json, b.json\)",
        ),
        ("a.zip", zipped(("a.csv", b"1")), r"with no JSON or XML file \(a.csv\)"),
        ("a.zip", zipped(("a.json", WHOLE))[:-30], "cannot be unpacked"),
        ("a.zip", zipped(("a.json", WHOLE)).replace(b"a.json", b"../a.j"), "no JSON or XML file"),
    ],
)
def test_packed_json_that_is_not_one_value_is_refused(tmp_path: Path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_json(tmp_path / name)


def test_a_bomb_in_a_zip_or_over_many_members_is_not_unpacked(tmp_path: Path):
    (tmp_path / "a.zip").write_bytes(zipped(("a.json", b" " * 10**7)))
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(b" " * 10**6) * 10)
    for name in ("a.zip", "a.json.gz"):
        with pytest.raises(DataError, match="unpacks to more than 2000000 bytes"):
            read_bytes(tmp_path / name, 2 * 10**6)


def test_json_is_read_plain_and_packed(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'{"a": [1]}')
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(b'{"a": [1]}'))
    assert read_json(tmp_path / "a.json") == read_json(tmp_path / "a.json.gz") == {"a": [1]}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.json", None, "is missing; `repropose prepare` creates or checks it"),
        ("a.json", b"{", "is not readable JSON"),
        ("a.json", b"[NaN]", "NaN is not a number"),
        ("a.json.gz", b"[]", "is not a gzip file"),
        ("a.json", b"[" * (2**22 + 1), "at most 4194304 are read"),
    ],
)
def test_unreadable_json_names_the_file(tmp_path: Path, name: str, content, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read_json(tmp_path / name)
    assert str(caught.value).startswith(str(tmp_path / name))


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is a folder, not a file; give the path of a file"):
        read_json(tmp_path)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON, st.booleans(), st.sampled_from([None, 1]))
def test_json_is_read_as_by_the_standard_library(content, ascii_only, indent) -> None:
    """To the bit and the type: whole numbers of any size, -0.0, the smallest floats."""
    text = json.dumps(content, ensure_ascii=ascii_only, indent=indent)
    assert repr(parse_json(text.encode("utf-8", "replace"), "it")) == repr(
        json.loads(text.encode("utf-8", "replace"))
    )


NUMBER = r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?"


@given(st.from_regex(NUMBER, fullmatch=True))
def test_numbers_are_rounded_as_by_the_standard_library(digits: str) -> None:
    assert repr(parse_json(digits.encode(), "it")) == repr(json.loads(digits))
