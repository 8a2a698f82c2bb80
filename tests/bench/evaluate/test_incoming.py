"""Results that are sent: only the files of a store are taken, hostile archives are refused as a whole."""

import io
import stat
import tarfile
import zipfile

import pytest

from bench.errors import DataError
from bench.evaluate import incoming
from bench.evaluate.incoming import place, receive
from bench.fetch.unpack import Limits

FILE = "smoke/a/seed-0.json"


def hostile(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.size = kind, "/etc/passwd", size
        tar.addfile(info, io.BytesIO(bytes(size)))
    return out.getvalue()


def linked_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        info = zipfile.ZipInfo(f"results/{FILE}")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(info, "/etc/passwd")
    return out.getvalue()


HOSTILE = {
    "a path out": (lambda: hostile(f"results/../../{FILE}"), "would leave the folder"),
    "an absolute path": (lambda: hostile("/results/smoke/a/seed-0.json"), "would leave the folder"),
    "a link": (lambda: hostile(f"results/{FILE}", tarfile.SYMTYPE), "a link or a device"),
    "a hard link": (lambda: hostile(f"results/{FILE}", tarfile.LNKTYPE), "a link or a device"),
    "a device": (lambda: hostile(f"results/{FILE}", tarfile.CHRTYPE), "a link or a device"),
    "a link in a zip": (linked_zip, "a link or a device"),
    "a bomb": (lambda: hostile(f"results/{FILE}", size=2 << 20), "archive bomb"),
    "no archive": (lambda: b"hello", "damaged or not a zip or tar archive"),
    "no results": (lambda: hostile("data/smoke/coco.json"), "holds no results"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_archives_are_refused_and_nothing_is_written_outside(name, tmp_path, monkeypatch):
    make, words = HOSTILE[name]
    (tmp_path / "archive").write_bytes(make())
    monkeypatch.setattr(incoming, "LIMITS", Limits(small=1 << 20))
    before = set(tmp_path.iterdir())
    with pytest.raises(DataError, match=words):
        receive(str(tmp_path / "archive"), tmp_path / "here")
    assert not list((tmp_path / "here").rglob("*"))
    assert set(tmp_path.iterdir()) <= before | {tmp_path / "here"}


def test_links_in_a_folder_are_refused(tmp_path):
    (tmp_path / "sent" / "results" / "smoke").mkdir(parents=True)
    (tmp_path / "sent" / "results" / "smoke" / "linked").symlink_to("/etc")
    with pytest.raises(DataError, match="is a link or a device"):
        receive(str(tmp_path / "sent"), tmp_path / "here")


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("results/smoke/a/seed-0.json", "smoke/a/seed-0.json"),
        ("x/results/smoke/a/seed-0.config", "smoke/a/seed-0.config"),
        ("cluster/counted/a.json", "counted/a.json"),
        ("counted/a.json", "counted/a.json"),
        ("results/machines/h200/timed/a.json", "machines/h200/timed/a.json"),
        ("results/smoke/a/seed-0.gallery/gallery.json", "smoke/a/seed-0.gallery/gallery.json"),
        ("results/smoke/a/seed-0.gallery/x.json", None),
        ("results/manifest.txt", "manifest.txt"),
        ("data/smoke/coco.json", None),
        ("work/smoke/a/seed-0.json", None),
        ("results/smoke/a/seed-0.pth", None),
        ("results/.hidden/a.json", None),
        ("results/machines/a.json", None),
        ("results/smoke/" + "a/" * 9 + "b.json", None),
    ],
)
def test_only_files_of_a_store_are_taken(name, kept):
    found = place(name)
    assert (found and found.as_posix()) == kept
