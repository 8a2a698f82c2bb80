"""Evidence that opens: results as pages and files, their differences, files checked against stored digests."""

import hashlib
import json
from pathlib import Path

import pytest

from bench.results.records import Predictions
from bench.results.store import to_bytes
from reports.site import build
from reports.views.urls import arxiv_page, result_page
from tests.factories import Memory, make
from tests.reports.browser import Watched
from tests.reports.conftest import read

SMALL = {"papers": 1, "tables": 1, "rows": 3}
CONTENT = b"predictions, packed"
FILE = "results/lab/paper0-run0/seed-0.json"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small site in which one result has predictions and one another environment."""
    snapshot, catalog, store = make(**SMALL)
    kept = Predictions(
        file="seed-0.predictions.json.gz",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        images=2,
        instances=3,
    )
    result = store.results[FILE]
    made = result.provenance.model_copy(update={"environment": {"python": "3.12"}})
    changed = result.model_copy(update={"predictions": kept, "provenance": made})
    store = Memory({**store.results, FILE: changed})
    return build(snapshot, catalog, store, tmp_path_factory.mktemp("evidence")).out


def stored(site: Path) -> list[Path]:
    """The results among the site's files; what is made of them for other archives is not one."""
    found = site.glob("evidence/**/*.json")
    return [p for p in found if p.parent.suffix != ".crate" and not p.name.endswith(".eee.json")]


def text(page: Path) -> str:
    return " ".join("".join(read(page).itertext()).split())


def test_every_result_is_a_file_of_the_site_with_the_stored_bytes(plain: Path) -> None:
    results = make()[2].results
    for file, result in results.items():
        assert (plain / result_page(file, "json")).read_bytes() == to_bytes(result)
    assert set(stored(plain)) == {plain / result_page(file, "json") for file in results}


def test_a_cell_links_to_its_result_which_links_back(plain: Path) -> None:
    table, page = plain / "tables/paper0-1.html", "evidence/results/counted/paper0-run0.html"
    assert f"../{page}" in {a.get("href") for a in read(table).iter("a")}
    links = {a.get("href") for a in read(plain / page).iter("a")}
    assert "../../../tables/paper0-1.html#c-row0--params" in links
    assert "../../../evidence/results/counted/paper0-run0.json" in links


def test_a_result_says_how_to_check_and_to_repeat_it(site: Path) -> None:
    shown = text(site / result_page(FILE))
    assert f"repropose verify {FILE}" in shown
    assert "repropose measure --run paper0-run0" in shown
    assert hashlib.sha256(CONTENT).hexdigest() in shown
    assert "repropose verify" not in text(site / "evidence/results/counted/paper0-run0.html")


def test_a_table_says_how_to_regenerate_it_and_links_its_page_of_the_paper(plain: Path) -> None:
    page = read(plain / "tables/paper0-1.html")
    assert "dvc repro paper0-1" in {"".join(code.itertext()) for code in page.iter("code")}
    assert "https://arxiv.org/pdf/2012.14214#page=6" in {a.get("href") for a in page.iter("a")}
    assert arxiv_page("javascript:alert(1)", 6) is None
    assert arxiv_page(None, 6) is None


def test_the_compared_data_are_json_and_hold_equal_environments_once(hostile: Path) -> None:
    script = (hostile / "files/evidence.js").read_text("ascii")
    start = '"use strict";\nconst EVIDENCE = '
    assert script.startswith(start)
    data = json.loads(script.removeprefix(start).removesuffix(";\n"))
    assert len(data["results"]) == len(stored(hostile))
    assert len(data["parts"]) == 2  # one environment, one machine


def test_two_results_are_compared_entry_by_entry(watched: Watched, site: Path) -> None:
    page = watched.open(site / result_page(FILE))
    page.get_by_role("link", name="Compare with another result").click()
    page.locator("table.difference").wait_for()
    assert page.locator("[name=a]").input_value() == FILE
    page.locator("[name=b]").select_option("results/lab/paper0-run0/seed-1.json")
    rows = page.locator("table.difference tbody tr").all_inner_texts()
    cells = {line.split("\t")[0]: line.split("\t")[1:] for line in rows}
    assert cells["Environment: python"] == ["3.12", "3.11"]
    assert cells["Value: AP"] == ["60", "60.2"]
    assert "Commit" not in cells
    page.locator("[name=all]").check()
    assert "Commit" in page.locator("table.difference").inner_text()
    assert watched.errors == []


@pytest.mark.parametrize("where", ["evidence.html", result_page(FILE)])
def test_a_file_is_checked_against_stored_digests_without_network(
    watched: Watched, site: Path, where: str
) -> None:
    page = watched.open(site / where)
    status = page.locator(".check [role=status]")
    for content, words in ((CONTENT, "predictions"), (CONTENT + b".", "SHA-256")):
        upload = {"name": "x.json.gz", "mimeType": "application/gzip", "buffer": content}
        page.locator("input[type=file]").set_input_files(upload)
        status.filter(has_text=words).wait_for()
    assert hashlib.sha256(CONTENT + b".").hexdigest() in status.inner_text()
    assert {url.partition(":")[0] for url in watched.requests} == {"file"}
    assert watched.errors == []
