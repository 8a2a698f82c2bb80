import shutil
from pathlib import Path

import pytest
from pydantic import ValidationError

from bench.catalog import load
from bench.catalog.load import PAPERS, load_catalog, load_paper
from bench.catalog.schema import Seeds, parse_number
from bench.catalog.yaml_lines import read_yaml
from bench.errors import CatalogError, UnknownName


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    """A copy of a real paper's folder to damage."""
    return Path(shutil.copytree(PAPERS / "transpose", tmp_path / "transpose"))


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
    with pytest.raises(CatalogError) as error:
        load_paper(paper)
    assert f"{file}:{line}: " in str(error.value)
    assert message in str(error.value)


def test_a_row_with_a_missing_cell_is_reported(paper):
    line = replace(paper / "tables.yaml", " | 70.4", "") - 1  # cells are below the row's key
    with pytest.raises(CatalogError, match=rf"tables.yaml:{line}.*has \d+ cells.*has \d+ columns"):
        load_paper(paper)


def test_a_key_given_twice_is_an_error_and_not_the_last_one(paper):
    with (paper / "runs.yaml").open("a") as stream:
        stream.write("transpose-r-a3-coco: {config: other, dataset: coco}\n")
    with pytest.raises(
        CatalogError, match=r"runs.yaml:\d+: key 'transpose-r-a3-coco' is given twice"
    ):
        load_paper(paper)


def test_a_row_that_names_an_unknown_run_is_reported(paper, monkeypatch):
    line = replace(paper / "tables.yaml", "run: transpose-r-a3-nope-coco", "run: nowhere")
    monkeypatch.setattr(load, "PAPERS", paper.parent)
    with pytest.raises(CatalogError, match=rf"tables.yaml:{line}: .*unknown run 'nowhere'"):
        load_catalog()


def test_broken_yaml_is_reported_with_its_line(paper):
    (paper / "claims.yaml").write_text("- id: [\n")
    with pytest.raises(CatalogError, match=r"claims.yaml:\d+: "):
        load_paper(paper)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a: 1\n? [b, c]\n: d\n", 2, "a key must be a word, not a list or a mapping"),
        ("a: 1\n{b: 1}: c\n", 2, "a key must be a word"),
        ("a: 1\n2: b\n", 2, "key '2' is not a word; put it in quotes"),
        ("a: 1\nb: x\x07\n", 2, "character #x0007 is not allowed"),
        ("a: 1\n\nb: 2020-99-99\n", 3, "'2020-99-99' is not a valid timestamp"),
        ("- 1\n- !!int x\n", 2, "'x' is not a valid int"),
        ("- 1\n- !!int ''\n", 2, "'' is not a valid int"),
        ("- 1\n- !!bool x\n", 2, "'x' is not a valid bool"),
        ("- 1\n- !!timestamp x\n", 2, "'x' is not a valid timestamp"),
        ("- 1\n- !!python/name:os.system x\n", 2, "could not determine a constructor"),
    ],
)
def test_anything_invalid_in_yaml_is_reported_with_file_and_line(tmp_path, text, line, says):
    file = tmp_path / "paper.yaml"
    file.write_text(text)
    with pytest.raises(CatalogError) as error:
        read_yaml(file)
    assert str(error.value).startswith(f"{file}:{line}: ")
    assert says in str(error.value)


def test_an_anchor_may_still_be_merged(tmp_path):
    file = tmp_path / "paper.yaml"
    file.write_text("one: &a {x: 1, y: 2}\ntwo: {<<: *a, y: 3}\n")
    assert read_yaml(file)["two"] == {"x": 1, "y": 3}


@pytest.mark.parametrize("seeds", [[], [0, 0], [-1], [0, 1, 0]])
def test_seeds_that_cannot_be_trained_are_rejected(seeds):
    with pytest.raises(ValidationError, match="one or more different numbers from 0 to"):
        Seeds(lab=seeds)
    assert Seeds(lab=(2, 0)).lab == (2, 0)


def test_an_unknown_table_lists_the_nearest():
    with pytest.raises(UnknownName, match=r"did you mean.*transpose-4"):
        load_catalog().table("transpos-4")


def test_every_cell_has_its_own_name():
    loaded = load_catalog()
    names = [cell.name for cell in loaded.cells()]
    assert len(names) == len(set(names)) == len(loaded.cell_index)
