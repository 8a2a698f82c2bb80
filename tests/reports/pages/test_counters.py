"""What public counters return, on model pages and at cells; the fixed position embedding beside the parameters."""

import json
from pathlib import Path

from bench.results.public_counts import FILE
from reports.pages.model_facts import WHY, counters
from reports.site import build
from tests.factories import HOSTILE, Memory, make
from tests.reports.conftest import read


def text_of(node) -> str:
    return " ".join("".join(node.itertext()).split())


def site(tmp_path: Path, setting: str = "eval mode", changed: int = 0) -> tuple[Path, str, int]:
    """A small site with counts of one model by two counters, one of which failed."""
    snapshot, catalog, store = make(papers=1, tables=1, rows=5)
    exact = store.counts()[0].result
    one = {"counter": "thop", "version": "0.1.1-2209072238", "setting": setting}
    network = {
        "models": [exact.model],
        "input_size": exact.input_size,
        "macs": exact.macs + changed,
        "parameters": exact.parameters["total"],
        "counts": [
            {**one, "operations": exact.macs // 2, "parameters": 12_345},
            {**one, "counter": "fvcore", "version": "0.1.5", "failed": "ValueError: no"},
        ],
    }
    (tmp_path / FILE).write_text(json.dumps({"versions": {}, "networks": [network]}))
    store = Memory(store.results, store.folder)
    object.__setattr__(store, "measured", tmp_path)
    said = (f"thop 0.1.1 of 2022 ({setting}) gives 8.9", "fvcore 0.1.5 of 2022 gives 8.9")
    verdicts = tuple(
        one.model_copy(update={"tools": said if one.evidence == "counted" else ()})
        for one in snapshot.verdicts
    )
    snapshot = snapshot.model_copy(update={"verdicts": verdicts})
    out = build(snapshot, catalog, store, tmp_path / "site").out
    return out, exact.model, exact.macs


def table(page: Path) -> list[list[str]]:
    found = [
        one for one in read(page).iter("table") if "What public counters return" in text_of(one)
    ]
    return [
        [text_of(cell) for cell in row if cell.tag in ("th", "td")]
        for one in found
        for row in one.iter("tr")
    ][1:]


def test_a_model_page_lists_what_counters_return_and_why(tmp_path):
    out, model, macs = site(tmp_path)
    first, second = table(out / "models" / f"{model}.html")
    half = f"{macs // 2 / 1e9:.3f}"
    assert first == ["thop 0.1.1", "eval mode", half, "−50.0", "12 345", WHY["thop"]]
    assert second == [
        "fvcore 0.1.5",
        "eval mode",
        "failed",
        "none",
        "not counted",
        "ValueError: no",
    ]


def test_counts_of_another_network_are_not_shown(tmp_path):
    out, model, _ = site(tmp_path, changed=1)
    assert table(out / "models" / f"{model}.html") == []


def test_names_of_settings_are_escaped(tmp_path):
    out, model, _ = site(tmp_path, setting=HOSTILE)
    assert table(out / "models" / f"{model}.html")[0][0] == "thop 0.1.1"  # a valid page


def test_every_counter_has_its_reason():
    from bench.measure.count.counters import COUNTERS

    assert set(WHY) == set(COUNTERS)


def test_without_counts_nothing_is_shown():
    assert counters(None, None) == []


def test_a_cell_lists_the_counters_that_return_its_digits(tmp_path):
    out, *_ = site(tmp_path)
    pages = [text_of(read(page)) for page in out.rglob("*.html")]
    listed = "thop 0.1.1 of 2022 (eval mode) gives 8.9; fvcore 0.1.5 of 2022 gives 8.9"
    assert any(listed in text for text in pages)
