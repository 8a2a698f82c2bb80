"""What holds for every paper of the ledger, whoever transcribed it."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

import pytest

from bench.catalog.load import load_catalog
from bench.catalog.schema import Claim, Paper, Row

CATALOG = load_catalog()
PAPERS = list(CATALOG.papers.values())
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
REFERENCE = re.compile(r"\[(?:([a-z0-9-]+):)?([^/\[\]]+)/([^/\[\]]+)/([^/\[\]]+)\]")

# Issue 3: all numeric tables of the five papers.
PRINTED = {
    "lofr": ["1", "2", "3", "4", "5", "6", "7"],
    "transpose": ["1", "2", "3", "4", "5", "6", "7"],
    "tfpose": ["1", "2", "3", "4", "5", "6", "7"],
    "lightpose": ["1", "2", "3", "4", "5", "6"],
    "querypose": ["1", "2a", "2b", "2c", "2d", "3", "4", "5", "6"],
}


def _rows(paper: Paper) -> Iterator[tuple[str, Row]]:
    for table in paper.tables:
        for row in table.rows:
            yield f"{table.table}/{row.key}", row


def _claims() -> list[tuple[str, Claim]]:
    return list(CATALOG.claims())


def test_the_five_papers_are_there() -> None:
    assert set(CATALOG.papers) == set(PRINTED)


@pytest.mark.parametrize("paper", [p for p in PAPERS if p.id in PRINTED], ids=lambda p: p.id)
def test_every_table_of_the_paper_is_there_in_order(paper: Paper) -> None:
    assert [table.table for table in paper.tables] == PRINTED[paper.id]


@pytest.mark.parametrize("paper", PAPERS, ids=lambda p: p.id)
def test_every_own_cell_has_a_run_of_a_well_formed_zoo_config(paper: Paper) -> None:
    own = [cell for cell in CATALOG.cells(paper.id) if cell.origin == "own"]
    assert own
    for cell in own:
        assert cell.run, cell.name
        run = CATALOG.run(cell.run)
        assert SLUG.fullmatch(run.config), f"{cell.run}: config '{run.config}'"


@pytest.mark.parametrize("paper", PAPERS, ids=lambda p: p.id)
def test_every_row_has_a_run_a_model_or_a_reason_and_quoted_rows_a_source(paper: Paper) -> None:
    for address, row in _rows(paper):
        if row.origin == "quoted":
            assert row.source, address
        assert row.run or row.model or row.why_no_run, address
        if row.model:
            assert SLUG.fullmatch(row.model), f"{address}: model '{row.model}'"


@pytest.mark.parametrize("paper", PAPERS, ids=lambda p: p.id)
def test_every_measured_cell_holds_a_number_or_a_dash_or_is_blank_in_print(paper: Paper) -> None:
    for cell in CATALOG.cells(paper.id):
        if cell.column.metric:
            assert cell.number or cell.printed in ("-", ""), f"{cell.name}: '{cell.printed}'"


@pytest.mark.parametrize("paper", PAPERS, ids=lambda p: p.id)
def test_accuracies_are_percentages_and_counts_positive(paper: Paper) -> None:
    for cell in CATALOG.cells(paper.id):
        if cell.number and cell.column.metric:
            highest = 100.0 if cell.column.kind == "accuracy" else 10_000.0
            assert 0.0 < cell.number.value <= highest, f"{cell.name}: '{cell.printed}'"


@pytest.mark.parametrize("paper", PAPERS, ids=lambda p: p.id)
def test_claim_ids_are_unique(paper: Paper) -> None:
    ids = [claim.id for claim in paper.claims]
    assert len(ids) == len(set(ids))


def _numbers_behind(paper: str, table: str, row: str, column: str) -> list[str]:
    """Cells with a number that a reference of a claim finds; `*` stands for anything."""
    return [
        cell.name
        for cell in CATALOG.cells(paper, table)
        if fnmatchcase(cell.row.key, row) and fnmatchcase(cell.column.key, column) and cell.number
    ]


@pytest.mark.parametrize(("paper", "claim"), _claims(), ids=lambda v: getattr(v, "id", v))
def test_every_reference_of_a_claim_finds_numbers(paper: str, claim: Claim) -> None:
    references = REFERENCE.findall(claim.expression)
    assert references, f"{claim.expression} names no cell"
    assert claim.expression.count("[") == len(references)
    for other, table, row, column in references:
        if (other or paper) in PRINTED and (other or paper) not in CATALOG.papers:
            continue  # the test of the five papers reports the missing one
        found = _numbers_behind(other or paper, table, row, column)
        assert found, f"[{table}/{row}/{column}] of {other or paper} finds no number"


@pytest.mark.parametrize("paper", PAPERS, ids=lambda p: p.id)
def test_misprints_name_cells_and_differ_from_them(paper: Paper) -> None:
    for misprint in paper.misprints:
        cell = CATALOG.cell_index[(paper.id, *misprint.cell.split("/"))]
        assert misprint.likely != cell.printed


def test_training_claims_are_registered_for_lab_with_five_seeds_or_more() -> None:
    """As many as their runs have; three leave an interval that few orders clear."""
    found = {claim.id: claim.registration("lab") for _, claim in CATALOG.claims()}
    plans = {name: plan for name, plan in found.items() if plan}
    assert len(plans) >= 126
    assert {name for name, plan in plans.items() if plan.seeds < 5} == set()
    assert all(len(run.seeds.lab) >= 5 for run in CATALOG.runs.values())
