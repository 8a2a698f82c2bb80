"""A site is built again only if something that it is built from has changed."""

import os
from pathlib import Path

import pytest

from reports.build.unchanged import inputs_state, is_current, note
from reports.site import build
from tests.factories import make


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "one.json").write_text("1")
    return tmp_path / "results"


def replaced(folder: Path) -> None:
    """Another file with the size and the time of the first."""
    old = (folder / "one.json").stat()
    (folder / "other").write_text("2")
    os.utime(folder / "other", ns=(old.st_atime_ns, old.st_mtime_ns))
    (folder / "other").replace(folder / "one.json")


CHANGES = {
    "edited": lambda folder: (folder / "one.json").write_text("12"),
    "replaced": replaced,
    "added": lambda folder: (folder / "two.json").touch(),
    "removed": lambda folder: (folder / "one.json").unlink(),
    "renamed": lambda folder: (folder / "one.json").rename(folder / "three.json"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_of_a_file_is_another_state(folder, change):
    before = inputs_state(folder, "text")
    assert inputs_state(folder, "text") == before
    change(folder)
    assert inputs_state(folder, "text") != before


def test_a_text_and_a_missing_folder_are_part_of_the_state(folder):
    assert (
        len(
            {inputs_state(folder), inputs_state(folder, "a"), inputs_state(folder, folder / "none")}
        )
        == 3
    )


def test_caches_of_python_are_no_change(folder):
    before = inputs_state(folder)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "one.pyc").touch()
    assert inputs_state(folder) == before


def test_links_are_followed_once_and_may_lead_nowhere(folder, tmp_path):
    (tmp_path / "far").mkdir()
    (folder / "round").symlink_to(folder)
    (folder / "nowhere").symlink_to(tmp_path / "none")
    (folder / "far").symlink_to(tmp_path / "far")
    before = inputs_state(folder)
    (tmp_path / "far" / "three.json").touch()
    assert inputs_state(folder) != before


def test_a_site_is_current_until_an_input_or_a_page_changes(tmp_path):
    out, noted = tmp_path / "site", tmp_path / "noted"
    assert not is_current(out, ["a"], noted)
    build(*make(papers=1, rows=1), out)
    note(out, ["a"], noted)
    assert is_current(out, ["a"], noted)
    assert not is_current(out, ["b"], noted)
    (out / "index.html").write_text("edited")
    assert not is_current(out, ["a"], noted)
    build(*make(papers=1, rows=1), out)
    note(out, ["a"], noted)
    (out / "index.html").unlink()
    assert not is_current(out, ["a"], noted)
    noted.write_bytes(b"\xff")
    assert not is_current(out, ["a"], noted)
