"""What others reported, on table pages, in the terminal and in downloads; canonical names on the leaderboard."""

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.catalog.load import Catalog, load_catalog
from bench.catalog.methods import Methods
from bench.catalog.third_party import ThirdParty
from bench.judge.evidence import Measurements
from bench.judge.verdicts import judge_all
from bench.results.index import ResultIndex
from reports.exports.terminal import render_table
from reports.site import build
from reports.views.leaderboard import leaderboard
from reports.views.table import Judged
from tests.factories import HOSTILE, Memory, make, trained
from tests.reports.conftest import read

CELL = "paper0:1/row0/ap"  # printed 70.0
EMPTY = "paper0:1/row4/ap"  # a dash


def figure(name: str, value: float, by: str, text: str = "plain", cell: str = CELL) -> ThirdParty:
    source = {
        "repository": "owner/zoo",
        "path": "a b/c.md",
        "commit": "0" * 40,
        "accessed": "2026-11-29",
    }
    return ThirdParty.model_validate(
        {
            "id": name,
            "cells": {cell: value},
            "model": text,
            "metric": "AP",
            "value": value,
            "printed": f"{value} {text}",
            "measured_by": by,
            "source": source,
            "date": "2022-10-09",
            "protocol": {"boxes": text, "schedule": text},
            "note": text,
        }
    )


def with_figures(
    text: str = "detector-56.4", page_text: str | None = None
) -> tuple[Any, Catalog, Any]:
    snapshot, catalog, store = make(papers=1, tables=1, rows=5, text=page_text)
    figures = (figure("a", 71.5, "authors", text), figure("b", 70.0, "user", text))
    figures += (figure("c", 66.0, "library", text, EMPTY),)
    return snapshot, replace(catalog, third_party=figures), store


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(*with_figures(), tmp_path_factory.mktemp("elsewhere")).out


def words(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def cells(site: Path) -> dict[str, Any]:
    return {td.get("id"): td for td in read(site / "tables/paper0-1.html").iter("td")}


def test_a_cell_says_printed_here_authors_later_and_others(site: Path) -> None:
    cell = cells(site)["c-row0--ap"]
    assert "reported elsewhere: authors 71.5; others 70.0" in words(cell.find("button"))
    card = words(cell.find("div"))
    assert "Printed70.0" in card
    assert "Measured here" in card
    authors, others = card.index("Authors later"), card.index("Others")
    assert authors < card.index("71.5 differs by +1.5; protocol not fully known") < others
    assert others < card.index("70.0 agrees within rounding")
    assert "User, owner/zoo, 2022-10-09, accessed 2026-11-29" in card
    (link,) = {a.get("href") for a in cell.iter("a")} - {"#c-row0--ap"} - inner(cell)
    assert link == f"https://github.com/owner/zoo/blob/{'0' * 40}/a%20b/c.md"


def inner(cell: Any) -> set[str]:
    """Links to the pages of models and results."""
    links = {a.get("href") for a in cell.iter("a")}
    return {link for link in links if link.startswith(("../models/", "../evidence/"))}


def test_a_cell_that_the_paper_leaves_empty_shows_what_others_reported(site: Path) -> None:
    shown = words(cells(site)["c-row4--ap"])
    assert "others 66.0" in shown
    assert "66.0 the paper prints nothing" in shown


def test_other_cells_have_no_mark_and_no_verdict_changes(site: Path, tmp_path: Path) -> None:
    assert "elsewhere" not in words(cells(site)["c-row1--ap"])
    snapshot, catalog, store = with_figures()
    bare = build(snapshot, replace(catalog, third_party=()), store, tmp_path / "bare").out
    assert "reported elsewhere" not in (bare / "tables/paper0-1.html").read_text("utf-8")
    for one in ("index.html", "snapshot.json"):
        assert (bare / one).read_bytes() == (site / one).read_bytes()
    boards = [(folder / "leaderboard.html").read_text("utf-8") for folder in (bare, site)]
    assert ['data-side="others"' in board for board in boards] == [False, True]


def test_downloads_have_the_figures_with_their_source(site: Path) -> None:
    data = json.loads((site / "tables/paper0-1.json").read_text("utf-8"))["cells"]
    (cell,) = (one for one in data if (one["row"], one["column"]) == ("row0", "ap"))
    authors, user = cell["reported_elsewhere"]
    assert (authors["measured_by"], authors["value"], authors["agreement"]) == (
        "authors",
        71.5,
        "differs",
    )
    assert (user["repository"], user["accessed"]) == ("owner/zoo", "2026-11-29")
    rows = csv.DictReader(io.StringIO((site / "tables/paper0-1.csv").read_text("utf-8")))
    (row,) = (one for one in rows if (one["row"], one["column"]) == ("row0", "ap"))
    assert row["reported_elsewhere"].startswith("71.5 (authors, owner/zoo): differs by +1.5")


def test_the_terminal_shows_them_below_the_verdict() -> None:
    snapshot, catalog, _ = with_figures()
    shown = render_table(catalog, "paper0-1", snapshot.verdicts)
    assert "authors 71.5" in shown
    assert "others 66.0" in shown
    assert "reported elsewhere" in shown.splitlines()[-1]


def test_hostile_text_of_others_stays_text(tmp_path: Path) -> None:
    site = build(*with_figures(HOSTILE, HOSTILE), tmp_path / "hostile").out
    page = read(site / "tables/paper0-1.html")  # parsed strictly
    scripts = {script.get("src") for script in page.iter("script")}
    assert None not in scripts
    assert not [e for e in page.iter("img") if e.get("src") == "x"]
    assert "alert(" in words(cells(site)["c-row0--ap"])
    links = {a.get("href") for a in page.iter("a") if "github" in (a.get("href") or "")}
    assert all(re.fullmatch(r"https://github\.com/[\w./%-]+", link) for link in links)


def test_the_leaderboard_names_methods_and_not_printed_labels() -> None:
    catalog = load_catalog()
    run = {"lofr-hrw32-ws-coco": trained("lofr-hrw32-ws-coco", 0, 50.0)}
    index = ResultIndex(Memory(run))
    snapshot = judge_all(Measurements(catalog, index))
    board = leaderboard(Judged(catalog, snapshot, index), index)
    entries = [entry for group in board.groups for entry in group.entries]
    names = {entry.label for entry in entries}
    assert {"LOFR-WS HRNet-W32", "LOFR-WS HRNet-W32, 25%", "SemiPose ResNet-50, 5%"} <= names
    assert not [name for name in names if re.search(r"ours|\[\d|✓", name, re.IGNORECASE)]
    (measured,) = (entry for entry in entries if entry.run)
    assert (measured.label, measured.run) == ("LOFR-WS HRNet-W32", "lofr-hrw32-ws-coco")
    hrnet = [e for e in entries if e.method == "hrnet-w32" and "transpose-2" in e.places]
    assert [(e.label, e.places) for e in hrnet] == [("HRNet-W32", ["transpose-2", "lightpose-2"])]
    (cpn,) = (e for e in entries if e.method == "cpn" and "lofr-1" in e.places)
    assert (cpn.label, cpn.labels) == ("CPN ResNet-Inception", [])
    (sbn,) = (e for e in entries if e.method == "simplebaseline-r152" and "lofr-1" in e.places)
    assert "SBN" in sbn.labels


def test_a_method_that_is_not_listed_keeps_its_printed_label() -> None:
    snapshot, catalog, store = make(papers=1, tables=1, rows=3)
    index = ResultIndex(store)
    methods = Methods.model_validate(
        {"methods": {"m": {"name": "Canonical", "models": ["paper0-model0"]}}}
    )
    board = leaderboard(Judged(replace(catalog, methods=methods), snapshot, index), index)
    labels = {e.label for g in board.groups for e in g.entries if not g.measured}
    assert labels == {"Canonical", "Method-R-A1 [1]", "Method-R-A2 [2]"}
