"""Structure of the pages, read with a strict HTML parser."""

import json
from collections import Counter
from email.message import Message
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import html5lib
import pytest

from bench.catalog.load import Catalog, load_catalog
from bench.judge.records import Snapshot
from bench.results.index import ResultIndex
from reports.build import templates
from reports.build.static import STATIC
from reports.site import build
from reports.views.table import Judged
from reports.views.urls import cell_anchor
from reports.views.words import SILENT, VERDICTS
from tests.factories import HOSTILE, Memory, make
from tests.reports.conftest import pages, read

#: Data that pages load as scripts, since a page opened from disk may not fetch a file.
SCRIPTS = ("files/evidence.js", "files/search.js")


def text(element: object) -> str:
    return " ".join("".join(element.itertext()).split())  # type: ignore[attr-defined]


def test_every_page_is_valid_html_with_one_heading_and_language(plain: Path, hostile: Path) -> None:
    for page in pages(plain) + pages(hostile):
        tree = read(page)
        assert tree.get("lang") == "en"
        assert len(tree.findall(".//h1")) == 1, page
        assert tree.find(".//main").get("id") == "main"


def test_ids_are_unique(plain: Path, hostile: Path) -> None:
    for page in pages(plain) + pages(hostile):
        ids = Counter(e.get("id") for e in read(page).iter() if e.get("id"))
        assert not [name for name, count in ids.items() if count > 1], page


def test_every_link_leads_somewhere(plain: Path, hostile: Path) -> None:
    for site in (plain, hostile):
        trees = {page.resolve(): read(page) for page in pages(site)}
        ids = {page: {e.get("id") for e in tree.iter()} for page, tree in trees.items()}
        for page, tree in trees.items():
            for element in tree.iter():
                link = element.get("href") or element.get("src")
                if not link or link == "data:,":
                    continue
                parts = urlsplit(link)
                if parts.scheme:
                    assert parts.scheme == "https"
                    assert element.tag == "a"
                    continue
                target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
                assert target.is_file(), f"{page.name}: {link}"
                if target.name == "evidence.html" and "=" in parts.fragment:  # read by its script
                    [file] = parse_qs(parts.fragment)["a"]
                    assert json.dumps(file) in (site / "files/evidence.js").read_text("ascii")
                elif target.name == "claims.html" and "=" in parts.fragment:
                    [paper] = parse_qs(parts.fragment)["paper"]
                    chips = {e.get("data-value") for e in trees[target].iter("a")}
                    assert paper in chips, f"{page.name}: {link}"
                elif parts.fragment:
                    assert parts.fragment in ids[target], f"{page.name}: {link}"


def test_hostile_text_stays_text(plain: Path, hostile: Path) -> None:
    assert "alert(" in (hostile / "index.html").read_text("utf-8")
    for page in pages(hostile):
        for element in read(page).iter():
            handlers = [name for name in element.attrib if name.startswith("on")]
            assert not handlers
            assert not (element.get("href") or "").startswith("javascript")
            if element.tag == "img":
                assert element.get("src").endswith(".svg")
            if element.get("type") == "application/json":  # data of a board, never run
                assert json.loads(element.text)["sections"]
            elif element.tag == "script":
                source = element.get("src").replace("../", "")
                assert source in {*(f"static/{name}" for name in STATIC), *SCRIPTS}
                assert not element.text
        assert "7*7" not in page.name
    tree = read(hostile / "tables" / "paper0-1.html")
    title = text(tree.find(".//h1"))
    assert "<script>alert('x')</script>\"'>" in title
    assert "{{ 7*7 }}" in title


def test_characters_html_forbids_are_replaced(hostile: Path) -> None:
    assert "\x00" in HOSTILE
    for page in pages(hostile):
        content = page.read_text("utf-8")
        assert not set(content) & {"\x00", "\x0b", "\ufffe"}, page
        assert "\ufffd" in content


def test_files_are_named_by_letters_digits_and_hyphens(hostile: Path) -> None:
    for path in hostile.rglob("*"):
        assert len(path.name) < 120
        if path.parent.name in ("models", "tables", "papers"):
            assert path.stem.replace("-", "").isalnum(), path.name


def test_each_cell_shows_printed_value_value_here_difference_verdict_and_evidence(
    plain: Path,
) -> None:
    snapshot, catalog, _ = make()
    verdicts = {(v.paper, v.table, v.row, v.column): v for v in snapshot.verdicts}
    for name, (paper, table) in catalog.tables.items():
        tree = read(plain / "tables" / f"{name}.html")
        cells = {e.get("id"): e for e in tree.iter("td")}
        for row in table.rows:
            for column in table.columns:
                verdict = verdicts[paper.id, table.table, row.key, column.key]
                shown = text(cells[cell_anchor(row.key, column.key)])
                assert verdict.printed in shown
                if verdict.verdict in VERDICTS:
                    assert VERDICTS[verdict.verdict].label in shown
                    assert verdict.reason in shown
                if verdict.shown:
                    assert f"here {verdict.shown} difference " in shown
                if verdict.verdict == "empty":
                    assert SILENT["empty"].label in shown


def test_no_table_cell_is_blank(plain: Path, hostile: Path) -> None:
    for page in pages(plain) + pages(hostile):
        for element in read(page).iter():
            if element.tag in ("td", "th", "dd"):
                assert text(element), f"{page.name}: {element.attrib}"


def test_tables_have_captions_and_scoped_headers(plain: Path) -> None:
    for page in pages(plain):
        if page.parent.name == "papers":
            continue  # the notes' own tables come from Markdown
        tree = read(page)
        for table in tree.iter("table"):
            assert text(table.find("caption"))
            assert all(header.get("scope") for header in table.iter("th")), page


def test_the_index_says_whether_any_printed_accuracy_was_compared(
    plain: Path, tmp_path: Path
) -> None:
    snapshot, catalog, store = make(papers=1, tables=2, rows=5)
    unrun = tuple(v for v in snapshot.verdicts if v.verdict == "not-run")
    assert unrun
    nothing = build(snapshot.model_copy(update={"verdicts": unrun}), catalog, store, tmp_path).out
    assert "could be compared" in text(read(plain / "index.html"))
    assert "No printed accuracy has been compared yet" in text(read(nothing / "index.html"))


def test_a_row_with_the_accuracy_of_a_small_network_shows_no_cost(plain: Path) -> None:
    page = read(plain / "boards" / "trained-here.html")
    shown = {cell.get("data-metric") for cell in page.iter("td") if cell.get("data-metric")}
    assert "AP" in shown
    assert not shown & {"params", "flops", "fps"}
    charts = (plain / "plots.html").read_text()
    assert "coco-val-256x192-params" in charts
    assert "trained-here" not in charts


def test_the_index_counts_as_measured_only_cells_with_a_measurement(plain: Path) -> None:
    snapshot, _, _ = make()
    judged = [v.verdict for v in snapshot.verdicts if v.verdict not in ("setting", "empty")]
    measured = [v for v in judged if v not in ("quoted", "not-run", "failed")]
    page = (plain / "index.html").read_text("utf-8")
    assert f"{len(judged)} printed values;" in page
    assert f"{len(measured)} of them measured here." in page


def test_a_table_of_several_data_sets_names_each(tmp_path: Path) -> None:
    snapshot, catalog, store = make(papers=1, tables=1, rows=2)
    paper = catalog.papers["paper0"]
    first, second = paper.tables[0].rows
    rows = (first, second.model_copy(update={"protocol": {"split": "mpii-val"}}))
    table = paper.tables[0].model_copy(update={"rows": rows})
    changed = paper.model_copy(update={"tables": (table,)})
    build(snapshot, Catalog({"paper0": changed}, catalog.folders), store, tmp_path)
    for page in ("tables/paper0-1.html", "papers/paper0.html"):
        assert "COCO val2017, MPII val" in text(read(tmp_path / page)), page


def test_a_models_page_sets_each_result_beside_poses_that_ignore_the_image(plain: Path) -> None:
    shown = [
        text(cell) for page in (plain / "models").glob("*.html") for cell in read(page).iter("td")
    ]
    assert "mean pose: AP 12.50" in shown


def test_addresses_of_the_project_are_those_of_its_metadata(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Message()
    plain["Project-URL"] = "Repository, https://example.org/code"
    hostile = Message()
    hostile["Project-URL"] = "Repository, javascript:alert(1)"
    for given, links in ((plain, ["https://example.org/code"]), (hostile, []), (Message(), [])):
        monkeypatch.setattr(templates.metadata, "metadata", lambda _, given=given: given)
        templates.addresses.cache_clear()
        site = build(*make(papers=1, tables=1, rows=1), tmp_path).out
        page = html5lib.parse((site / "index.html").read_bytes(), namespaceHTMLElements=False)
        menu = {text(a): a.get("href") for a in page.iter("a")}
        assert [menu[name] for name in ("Repository",) if name in menu] == links
        assert menu["Submissions"] == "submissions.html"
        assert menu["How it works"] == "how-it-works.html"
        assert menu["Report a mistake"] == "how-it-works.html#report"
    templates.addresses.cache_clear()


def test_a_row_printed_as_a_mark_shows_its_method_and_a_tick_column_says_no() -> None:
    catalog = load_catalog()
    judged = Judged(
        catalog, Snapshot(verdicts=(), claims=(), conflicts=()), ResultIndex(Memory({}))
    )
    ablation = judged.tables["lofr-5"]
    assert [row.row.label for row in ablation.rows] == list("12345678")
    assert ablation.rows[0].label == "LOFR baseline ResNet-50"
    assert ablation.ticked == {"baseline", "spe", "ms", "reppg", "pdc"}
    attention = judged.tables["tfpose-1"]
    assert {row.row.label for row in attention.rows} == {"(blank)", "✓"}
    assert all(row.label.startswith("TFPose ResNet-18") for row in attention.rows)
    [without] = [row for row in judged.tables["querypose-2a"].rows if row.row.label == "None"]
    assert without.label == "QueryPose ResNet-50 1x, no SIM"
    quoted = judged.tables["querypose-4"]
    assert quoted.rows[0].label == "Mask R-CNN [45]"
    assert not quoted.ticked
