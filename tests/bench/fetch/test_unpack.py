"""Archives by hostile and by honest authors."""

import gzip
import io
import random
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.errors import DataError
from bench.fetch.unpack import Limits, require_space, unpack

ALL = {"*": "."}
FILES = {"data/a.txt": b"alpha", "data/sub/b.txt": b"beta" * 1000, "c.json": b"{}"}
Make = Callable[[Path, dict[str, bytes]], Path]


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in files.items():
            out.writestr(name, content)
    return path


def taped(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as out:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            out.addfile(info, io.BytesIO(content))
    return path


@pytest.fixture(params=[zipped, taped])
def make(request: pytest.FixtureRequest) -> Make:
    return request.param


def content_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if not p.is_dir()}


def test_wanted_files_go_where_they_are_wanted(make, tmp_path):
    archive = make(tmp_path / "x", {**FILES, "__MACOSX/._a.txt": b"junk"})
    assert unpack(archive, tmp_path / "out", {"*.txt": "texts"}) == 2
    assert content_of(tmp_path / "out") == {
        "texts/a.txt": b"alpha",
        "texts/b.txt": FILES["data/sub/b.txt"],
    }


@pytest.mark.parametrize("name", ["/etc/a.txt", "../a.txt", "data/../../a.txt", "..\\a", "C:a"])
def test_paths_that_leave_the_folder_are_refused(name, make, tmp_path):
    archive = make(tmp_path / "x", {name: b"evil"})
    with pytest.raises(DataError, match="would leave the folder"):
        unpack(archive, tmp_path / "out", ALL)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_of_a_tar_are_refused(kind, tmp_path):
    info = tarfile.TarInfo("a.txt")
    info.type, info.linkname = kind, "/etc/passwd"
    with tarfile.open(tmp_path / "x.tar", "w") as out:
        out.addfile(info)
    with pytest.raises(DataError, match="a link or a device"):
        unpack(tmp_path / "x.tar", tmp_path / "out", ALL)
    assert not (tmp_path / "out").exists()


def test_links_of_a_zip_are_refused(tmp_path):
    info = zipfile.ZipInfo("a.txt")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as out:
        out.writestr(info, "/etc/passwd")
    with pytest.raises(DataError, match="a link or a device"):
        unpack(tmp_path / "x.zip", tmp_path / "out", ALL)


def test_a_folder_that_is_a_link_to_elsewhere_is_not_written_into(make, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "texts").symlink_to(elsewhere)
    with pytest.raises(DataError, match="is a link to another folder"):
        unpack(make(tmp_path / "x", FILES), tmp_path / "out", {"*.txt": "texts"})
    assert not list(elsewhere.iterdir())


@pytest.mark.parametrize(
    ("limits", "files"),
    [
        (Limits(small=1000, ratio=10), {"a": bytes(200_000)}),
        (Limits(total=5000), {"a": bytes(2000), "b": bytes(2000), "c": bytes(2000)}),
        (Limits(files=2), {"a": b"", "b": b"", "c": b""}),
    ],
    ids=["ratio", "total", "count"],
)
def test_bombs_are_refused(limits, files, make, tmp_path):
    with pytest.raises(DataError, match="an archive bomb"):
        unpack(make(tmp_path / "x", files), tmp_path / "out", ALL, limits=limits)


def test_a_zip_bomb_is_refused_before_anything_is_written(tmp_path):
    archive = zipped(tmp_path / "x", {"a": b"small", "b": bytes(200_000)})
    with pytest.raises(DataError, match="an archive bomb"):
        unpack(archive, tmp_path / "out", ALL, limits=Limits(small=1000, ratio=10))
    assert not (tmp_path / "out").exists()


def test_a_zip_with_a_false_size_is_refused(tmp_path):
    archive = zipped(tmp_path / "x", {"a.txt": b"x" * 5000})
    raw = archive.read_bytes()
    archive.write_bytes(raw.replace((5000).to_bytes(4, "little"), (50).to_bytes(4, "little")))
    with pytest.raises(DataError):
        unpack(archive, tmp_path / "out", ALL)
    assert content_of(tmp_path / "out") in ({}, {"a.txt.part": b""})


def test_the_same_file_twice_is_refused(make, tmp_path):
    archive = make(tmp_path / "x", {"one/a.txt": b"1", "two/a.txt": b"2"})
    with pytest.raises(DataError, match="twice"):
        unpack(archive, tmp_path / "out", ALL)


@pytest.mark.parametrize("cut", [10, 200, 900])
def test_a_cut_off_archive_is_damaged(cut, make, tmp_path):
    archive = make(tmp_path / "x", {"a.bin": random.Random(1).randbytes(1000)})
    archive.write_bytes(archive.read_bytes()[:cut])
    with pytest.raises(DataError, match="is damaged or not a zip or tar archive"):
        unpack(archive, tmp_path / "out", ALL)
    assert "a.bin" not in content_of(tmp_path / "out")


@pytest.mark.parametrize("how", ["gz", "bz2", "xz"])
def test_a_flipped_bit_is_damage_and_no_traceback(how, tmp_path):
    content = random.Random(1).randbytes(3000)
    with tarfile.open(tmp_path / "whole", f"w:{how}") as out:
        info = tarfile.TarInfo("a.bin")
        info.size = len(content)
        out.addfile(info, io.BytesIO(content))
    whole = (tmp_path / "whole").read_bytes()
    for place in range(0, len(whole), 41):
        spoilt = whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :]
        (tmp_path / "x").write_bytes(spoilt)
        try:
            unpack(tmp_path / "x", tmp_path / str(place), ALL)
        except DataError as problem:
            assert str(tmp_path / "x") in str(problem)  # noqa: PT017 - some bits change nothing


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE])
def test_a_name_of_gigabytes_is_refused_before_it_is_read(kind, tmp_path):
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = kind, 8 << 30
    (tmp_path / "x").write_bytes(gzip.compress(header.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 20)))
    with pytest.raises(DataError, match="has a header of 8589934592 bytes"):
        unpack(tmp_path / "x", tmp_path / "out", ALL)


def test_a_size_below_zero_is_refused(tmp_path):
    """It would be taken off what the archive may grow to."""
    header = tarfile.TarInfo("a.bin")
    header.size = -(1 << 40)
    (tmp_path / "x").write_bytes(header.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    with pytest.raises(DataError, match="a header of -1099511627776 bytes"):
        unpack(tmp_path / "x", tmp_path / "out", ALL)
    with tarfile.open(tmp_path / "x", "w", format=tarfile.PAX_FORMAT) as out:
        header.size, header.pax_headers = 0, {"size": "-1099511627776"}
        out.addfile(header)
    with pytest.raises(DataError, match="-1099511627776 bytes"):
        unpack(tmp_path / "x", tmp_path / "out", ALL)


def test_folders_without_end_are_refused(tmp_path):
    with tarfile.open(tmp_path / "x", "w:gz") as out:
        for number in range(12):
            info = tarfile.TarInfo(f"folder-{number}")
            info.type = tarfile.DIRTYPE
            out.addfile(info)
    with pytest.raises(DataError, match="more than 10 files"):
        unpack(tmp_path / "x", tmp_path / "out", ALL, limits=Limits(files=10))


def test_a_file_that_is_no_archive_is_named(tmp_path):
    (tmp_path / "x").write_bytes(b"<html>")
    with pytest.raises(DataError, match="not a zip or tar archive"):
        unpack(tmp_path / "x", tmp_path / "out", ALL)


def test_unpacking_again_completes_and_repairs_and_keeps_what_is_right(make, tmp_path):
    archive, out = make(tmp_path / "x", FILES), tmp_path / "out"
    unpack(archive, out, ALL)
    untouched = (out / "a.txt").stat().st_mtime_ns, (out / "a.txt").stat().st_ino
    (out / "c.json").unlink()
    (out / "b.txt").write_bytes(b"beta" * 999 + b"BETA")
    (out / "b.txt.part").write_bytes(b"half")
    unpack(archive, out, ALL)
    assert content_of(out) == {Path(n).name: c for n, c in FILES.items()}
    assert untouched == ((out / "a.txt").stat().st_mtime_ns, (out / "a.txt").stat().st_ino)


def test_too_little_space_is_reported_before_anything_starts(tmp_path):
    require_space(tmp_path / "not" / "yet", 1)
    with pytest.raises(DataError, match=r"GB free, 1000000.* GB are needed"):
        require_space(tmp_path / "not" / "yet", 10**15)
