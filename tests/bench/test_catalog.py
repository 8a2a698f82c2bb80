import shutil
from pathlib import Path

import pytest

from bench import catalog
from bench.errors import LedgerError, UnknownName
from bench.schema import parse_number


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    """A copy of a real paper's folder to damage."""
    return Path(shutil.copytree(catalog.PAPERS / "transpose", tmp_path / "transpose"))


@pytest.mark.parametrize(
    ("printed", "value", "decimals"),
    [
        ("75.8", 75.8, 1),
        ("4.999M", 4.999, 3),
        ("5.0M (↓85%)", 5.0, 1),
        ("92.0 (+1.4)", 92.0, 1),
        ("-3", -3, 0),
        ("1,024", 1024, 0),
    ],
)
def test_a_printed_cell_gives_its_first_number_and_digits(printed, value, decimals):
    assert parse_number(printed) == (value, decimals)


def test_a_dash_holds_no_number():
    assert parse_number("-") is None


def replace(file: Path, old: str, new: str) -> int:
    """Damage a file; the line of the damage."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    return text[: text.index(old)].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("origin: own", "origin: ours", "'own', 'rerun' or 'quoted'"),
        ("metric: AP}", "metric: APP}", "unknown metric 'APP'"),
        ("origin: own,", "origin: own, colour: red,", "Extra inputs are not permitted"),
    ],
)
def test_a_mistake_in_a_table_is_reported_with_file_and_line(paper, old, new, message):
    file = paper / "tables.yaml"
    line = replace(file, old, new)
    with pytest.raises(LedgerError) as error:
        catalog.load_paper(paper)
    assert f"{file}:{line}: " in str(error.value)
    assert message in str(error.value)


def test_a_row_with_a_missing_cell_is_reported(paper):
    line = replace(paper / "tables.yaml", " | 70.4", "")
    with pytest.raises(LedgerError, match=rf"tables.yaml:({line}|{line - 1}): .*has \d+ cells.*has \d+ columns"):
        catalog.load_paper(paper)


def test_a_key_given_twice_is_an_error_and_not_the_last_one(paper):
    with (paper / "runs.yaml").open("a") as stream:
        stream.write("transpose-r-a3-coco: {config: other, dataset: coco}\n")
    with pytest.raises(
        LedgerError, match=r"runs.yaml:\d+: key 'transpose-r-a3-coco' is given twice"
    ):
        catalog.load_paper(paper)


def test_a_row_that_names_an_unknown_run_is_reported(paper, monkeypatch):
    line = replace(paper / "tables.yaml", "run: transpose-r-a3-nope-coco", "run: nowhere")
    monkeypatch.setattr(catalog, "PAPERS", paper.parent)
    with pytest.raises(LedgerError, match=rf"tables.yaml:{line}: .*unknown run 'nowhere'"):
        catalog.load()


def test_broken_yaml_is_reported_with_its_line(paper):
    (paper / "claims.yaml").write_text("- id: [\n")
    with pytest.raises(LedgerError, match=r"claims.yaml:\d+: "):
        catalog.load_paper(paper)


def test_an_unknown_table_lists_the_nearest():
    with pytest.raises(UnknownName, match=r"did you mean.*transpose-4"):
        catalog.load().table("transpos-4")


def test_every_cell_has_a_name_of_its_own():
    loaded = catalog.load()
    names = [cell.name for cell in loaded.cells()]
    assert len(names) == len(set(names)) == len(loaded.cell_index)
