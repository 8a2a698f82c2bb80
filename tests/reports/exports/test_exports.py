"""Downloads, read back with the libraries that their readers would use."""

import csv
import io
import json
import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from markdown_it import MarkdownIt

from bench.catalog.load import load_catalog
from bench.judge import export
from bench.judge.export import for_spreadsheet
from reports.exports.badges import in_words
from reports.exports.tables import bibtex, latex, to_csv, to_latex
from tests.factories import make


def test_csv_and_json_of_a_table_contain_every_cell_with_its_verdict(plain: Path) -> None:
    snapshot, _, _ = make()
    wanted = [v for v in snapshot.verdicts if (v.paper, v.table) == ("paper0", "1")]
    rows = list(csv.DictReader(io.StringIO((plain / "tables/paper0-1.csv").read_text("utf-8"))))
    data = json.loads((plain / "tables/paper0-1.json").read_text("utf-8"))
    assert len(rows) == len(data["cells"]) == len(wanted)
    for row, cell, verdict in zip(rows, data["cells"], wanted, strict=True):
        assert row["printed"] == cell["printed"] == verdict.printed
        assert row["verdict"] == cell["verdict"] == verdict.verdict
        assert cell["value"] == verdict.value
        assert (float(row["value"]) if row["value"] else None) == verdict.value


def test_no_text_of_a_csv_starts_a_formula(hostile: Path) -> None:
    shown = to_csv([{"a": "=1+1", "b": "+x", "c": "@y", "d": "-z", "e": "-", "f": "-0.5", "g": -3}])
    assert next(csv.reader(io.StringIO(shown.split("\n")[1]))) == [
        "'=1+1", "'+x", "'@y", "'-z", "-", "-0.5", "-3",
    ]  # fmt: skip
    for file in hostile.rglob("*.csv"):
        for row in csv.reader(io.StringIO(file.read_text("utf-8"))):
            assert not any(map(starts_formula, row))


def starts_formula(field: str) -> bool:
    """What a spreadsheet would run: it begins like a formula and is no number."""
    begins = field[:1] in {"=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"} - {""}
    return begins and field != "-" and not re.fullmatch(r"[-+]?[\d.]+(e[-+]?\d+)?", field)


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1+1",
        "-1+cmd|' /C calc'!A0",
        "-2*3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "＝1",
        "+ SIM",
        "+",
        "-x",
    ],
)
def test_what_a_spreadsheet_runs_is_text_in_every_csv(text: str) -> None:
    assert for_spreadsheet(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["-", "-0.5", "+1.5", "-.5", "1e-3", "-1e5", "75.8", "a=b", "", 5, -3.5, None]
)
def test_numbers_stay_numbers_in_a_csv(text: object) -> None:
    assert for_spreadsheet(text) is text


def test_the_exports_of_the_command_start_no_formula(tmp_path: Path) -> None:
    snapshot, catalog, _ = make(text="=1+1")
    records = {"verdicts": export.verdicts(catalog, snapshot), "cells": export.cells(catalog)}
    for path in export.to_csv(tmp_path, records):
        rows = list(csv.reader(io.StringIO(path.read_text("utf-8"))))
        assert any(field.startswith("'") for row in rows for field in row)
        assert not any(starts_formula(field) for row in rows for field in row)


def test_markdown_files_contain_no_live_html(hostile: Path) -> None:
    reader = MarkdownIt("commonmark").enable("table")
    files = sorted(hostile.rglob("*.md"))
    assert len(files) > 5
    for file in files:
        html = reader.render(file.read_text("utf-8").split("\n---\n")[-1])
        assert "alert(" in html
        assert not re.search(r"<(script|img|style)", html), file


def test_a_markdown_table_has_one_line_per_row(plain: Path) -> None:
    _, catalog, _ = make()
    html = (
        MarkdownIt("commonmark")
        .enable("table")
        .render((plain / "tables/paper0-1.md").read_text("utf-8"))
    )
    assert html.count("<tr>") == 1 + len(catalog.tables["paper0-1"][1].rows)


def test_leaderboard_downloads_have_no_empty_column(plain: Path) -> None:
    tables = (plain / "files/leaderboard.md").read_text().split("### ")[1:]
    assert tables
    for table in tables:
        rows = [line[1:-1].split("|") for line in table.splitlines() if line.startswith("| ")]
        for column in list(zip(*rows, strict=True))[3:]:
            assert any(cell.strip() != "–" for cell in column[1:]), column


def test_latex_special_characters_are_escaped() -> None:
    assert latex("50% & $x_1^2$ #3 {~\\<>}") == (
        r"50\% \& \$x\_1\textasciicircum{}2\$ \#3 \{\textasciitilde{}"
        r"\textbackslash{}\textless{}\textgreater{}\}"
    )


def test_latex_tables_have_equal_columns_and_balanced_braces(plain: Path, hostile: Path) -> None:
    for file in [*plain.rglob("*.tex"), *hostile.rglob("*.tex")]:
        text = file.read_text("utf-8")
        bare = re.sub(r"\\[\\{}$&#_%]", "", text)
        assert bare.count("{") == bare.count("}")
        for table in text.split(r"\begin{tabular}")[1:]:
            rows = [x for x in table.split("\n") if x.endswith(r"\\")]
            assert len({re.sub(r"\\&", "", x).count(" & ") for x in rows}) == 1, file


def test_symbols_missing_in_text_fonts_become_math_commands() -> None:
    assert latex("✓ ⇒ 75.3 ↑") == (
        r"\ensuremath{\checkmark} \ensuremath{\Rightarrow} 75.3 \ensuremath{\uparrow}"
    )


def test_a_row_starting_with_a_bracket_is_not_read_as_an_argument_of_the_previous_line_break() -> (
    None
):
    text = to_latex("t", ["a", "b"], [["x", "1"], ["[7] y", "2"], ["* z", "3"]], "n")
    assert not re.search(r"\\\\\s*[\[*]", text)
    assert "{}[7] y & 2" in text


def test_latex_knows_every_symbol_in_the_papers_tables() -> None:
    """Besides ASCII only what LaTeX's utf8 input knows in text fonts (its utf8enc and ts1enc tables)."""
    known = set("–—‘’“”†‡·°éèüöäß")
    for paper in load_catalog().papers.values():
        for table in paper.tables:
            texts = [table.title, *(column.label for column in table.columns)]
            texts += [text for row in table.rows for text in (row.label, *row.cells)]
            assert {c for text in texts for c in latex(text) if ord(c) > 126} <= known, table.table


def test_a_preprint_is_a_misc_entry() -> None:
    _, ledger, _ = make(papers=1)
    [paper] = ledger.papers.values()
    entry = bibtex([paper.model_copy(update={"venue": "arXiv"})])
    assert entry.startswith("@misc{")
    assert "booktitle" not in entry
    assert "archiveprefix = {arXiv}" in entry


def test_bibtex_entries_are_balanced_and_list_each_author() -> None:
    _, catalog, _ = make(papers=1)
    entry = bibtex(catalog.papers.values())
    assert entry.count("{") == entry.count("}")
    assert "author = {A. Author and B. Author}" in entry
    assert entry.startswith("@inproceedings{paper02021,")


def test_model_index_names_every_model_and_only_real_results(plain: Path) -> None:
    _, catalog, _ = make()
    data = yaml.safe_load((plain / "files/model-index.yml").read_text("utf-8"))
    assert {m["Name"] for m in data["Models"]} == {run.config for run in catalog.runs.values()}
    assert not any("Results" in model for model in data["Models"])  # the data has only lab results


def test_a_model_card_gives_no_result_of_a_network_trained_on_synthetic_people(
    plain: Path,
) -> None:
    head = (plain / "models/paper0-model0.md").read_text("utf-8").split("---")[1]
    assert yaml.safe_load(head)["pipeline_tag"] == "keypoint-detection"
    assert "model-index" not in head  # the data has only lab results


def test_badges_are_well_formed_and_say_how_many_values_match(plain: Path, hostile: Path) -> None:
    for file in [*plain.glob("models/*.svg"), *hostile.glob("models/*.svg")]:
        label = ElementTree.fromstring(file.read_bytes()).get("aria-label")
        assert re.fullmatch(r"ReproPose: (\d+ of \d+ values match|no printed values)", str(label))


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ({"matches": 3}, "counts match"),
        ({"matches": 46, "differs": 8}, "46 counts match, 8 differ"),
        ({"matches": 1, "undecided": 2, "untested": 3}, "1 counts match, 2 undecided, 3 untested"),
        ({"differs": 2}, "2 counts differ"),
        ({"undecided": 1, "untested": 60}, "counts untested"),  # never "0 of 61 match"
        ({"undecided": 4}, "counts undecided"),
    ],
)
def test_a_badge_says_what_was_decided_and_no_more(states: dict[str, int], words: str) -> None:
    assert in_words("counts", Counter(states)) == words


def test_a_papers_page_shows_its_badges_with_a_line_of_markdown_for_each(
    plain: Path, hostile: Path
) -> None:
    for site in (plain, hostile):
        page = (site / "papers" / "paper0.html").read_text("utf-8")
        badges = sorted(site.glob("badges/paper0*.svg"))
        names = [one.stem for one in badges]
        kinds = ("accuracy", "count", "speed")
        assert {"paper0", *(f"paper0-{kind}" for kind in kinds)} <= set(names)
        for one in badges:
            label = ElementTree.fromstring(one.read_bytes()).get("aria-label")
            assert f"({one.relative_to(site)})](papers/paper0.html)" in page
            [image] = re.findall(rf"\[!\[([^]]+)\]\({one.relative_to(site)}\)", page)
            assert image == label
