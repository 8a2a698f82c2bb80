"""Templates are kept as they were compiled, and compiled again where that cannot be used."""

from pathlib import Path

import pytest
from jinja2 import Environment

from reports.build import templates


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "kept.jinja"
    monkeypatch.setattr(templates, "_compiled", lambda bucket: file)
    templates.environment().get_template("feed.xml")
    return file


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:-9],
        lambda content: b"other" + content[5:],
        lambda content: content.replace(b"\n", b"\nother", 1),
    ],
    ids=["empty", "cut", "other version", "other source"],
)
def test_a_damaged_or_foreign_file_is_made_again(kept: Path, damage) -> None:
    good = kept.read_bytes()
    kept.write_bytes(damage(good))
    templates.environment().get_template("feed.xml")
    assert kept.read_bytes() == good


def test_a_kept_template_is_not_compiled_again(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Environment, "compile", None)
    assert templates.environment().get_template("feed.xml").name == "feed.xml"


def test_a_folder_that_cannot_be_written_to_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(templates, "_compiled", lambda bucket: tmp_path / "file" / "none")
    assert templates.environment().get_template("feed.xml").name == "feed.xml"


@pytest.mark.parametrize("value", ["<a href='x'>&\"", "\u202eabc", "plain", 3, 1.5, None, ["<"]])
def test_what_is_shown_is_cleaned_and_escaped_as_markupsafe_does(value) -> None:
    from markupsafe import escape

    from reports.views.words import clean

    assert templates.escaped(value) == str(escape(clean(str(value))))
    assert templates.escaped(escape(value)) == str(escape(value))
