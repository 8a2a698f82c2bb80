"""What counts as a change of a verdict, and which causes are named for it."""

from pathlib import Path
from typing import Any

import pytest

from bench.catalog.load import Catalog
from bench.catalog.registration import Registration
from bench.judge import changes
from bench.judge.changes import Difference, State, differences, state_of
from bench.judge.evidence import Measurements
from bench.judge.records import Snapshot
from bench.judge.verdicts import judge_all
from bench.results import inputs
from bench.results.index import ResultIndex
from bench.results.store import Store

PARAMS = "tinypaper-1/tiny-a/params"


def judged(catalog: Catalog, store: Store, project: Path | None = None) -> State:
    measurements = Measurements(catalog, ResultIndex(store), *filter(None, [project]))
    return state_of(measurements, judge_all(measurements))


def found(old: State, new: State, **options: Any) -> dict[str, Difference]:
    return {one.name: one for one in differences(old, new, **options)}


def printed(catalog: Catalog, row: str, before: str, after: str) -> Catalog:
    """The tiny paper with another number in a row of its first table."""
    paper = catalog.papers["tinypaper"]
    rows = [
        one.model_copy(update={"cells": tuple(after if c == before else c for c in one.cells)})
        if one.key == row
        else one
        for one in paper.tables[0].rows
    ]
    table = paper.tables[0].model_copy(update={"rows": tuple(rows)})
    paper = paper.model_copy(update={"tables": (table, *paper.tables[1:])})
    return Catalog(papers={paper.id: paper}, folders=catalog.folders)


def test_nothing_changed_is_no_difference_and_settings_and_dashes_are_not_recorded(
    tiny, fill, make
):
    store = fill(make.counted("tiny-a", 5_200_000))
    state = judged(tiny, store)
    assert found(state, judged(tiny, store)) == {}
    assert "tinypaper-1/tiny-a/input-size" not in state.standings
    assert "tinypaper-1/other/params" not in state.standings
    assert {"tinypaper/a-is-smaller", PARAMS} <= set(state.standings)


def test_a_result_that_arrives_changes_or_is_removed_is_the_cause(tiny, fill, make):
    nothing = judged(tiny, fill())
    right = judged(tiny, store := fill(make.counted("tiny-a", 5_200_000)))
    wrong = judged(tiny, fill(make.counted("tiny-a", 9_000_000)))
    for path in store.root.rglob("*.json"):
        path.unlink()
    gone = judged(tiny, store)
    steps = [(nothing, right), (right, wrong), (wrong, gone)]
    changed = [found(*step)[PARAMS] for step in steps]
    assert [one.why for one in changed] == [
        ("result arrived",),
        ("result changed",),
        ("result removed",),
    ]
    words = [(one.before.verdict, one.after.verdict) for one in changed]
    assert words == [
        ("not-run", "reproduced"),
        ("reproduced", "deviates"),
        ("deviates", "not-run"),
    ]
    assert changed[1].before.here == "5.2"
    assert changed[1].after.here == "9.0"


def test_the_same_measurement_on_another_day_is_no_change(tiny, fill, make):
    before = judged(tiny, fill(make.counted("tiny-a", 5_200_000)))
    later = make.provenance(commit="1" * 40, volatile={"date": "2030-01-01"})
    after = judged(tiny, fill(make.counted("tiny-a", 5_200_000, provenance=later)))
    assert found(before, after) == {}
    assert after.standings[PARAMS].results == before.standings[PARAMS].results


def test_an_edited_printed_number_is_a_change_also_under_the_same_verdict(tiny, fill, make):
    store = fill(make.counted("tiny-a", 5_200_000))
    before, after = judged(tiny, store), judged(printed(tiny, "tiny-a", "75.8", "75.5"), store)
    changed = found(before, after)
    cell = changed["tinypaper-1/tiny-a/ap"]
    assert (cell.before.printed, cell.after.printed) == ("75.8", "75.5")
    assert cell.before.verdict == cell.after.verdict
    assert {one.why for one in changed.values()} == {("paper file",)}
    assert PARAMS not in changed
    claim = changed["tinypaper/b-above-a"]  # 76.0 - 75.5 is no longer 0.2
    assert (claim.before.on_paper, claim.after.on_paper) == ("holds", "fails")


def test_a_claim_that_asks_for_something_else_is_a_change(tiny, store):
    paper = tiny.papers["tinypaper"]
    first = paper.claims[0].model_copy(update={"expression": "[1/tiny-b/params]", "claimed": "6.5"})
    other = paper.model_copy(update={"claims": (first, *paper.claims[1:])})
    after = judged(Catalog(papers={other.id: other}, folders=tiny.folders), store)
    [change] = differences(judged(tiny, store), after)
    assert change.name == "tinypaper/fewer-parameters"
    assert change.after.asks == "[1/tiny-b/params]"
    assert change.why == ("paper file",)


def test_what_was_registered_is_recorded_in_words(tiny):
    claim = tiny.papers["tinypaper"].claims[0]
    plan = {"tier": "lab", "date": "2031-05-06", "metric": "AP", "margin": 0.5, "seeds": 3}
    entry = Registration.model_validate({**plan, "digest": claim.digest(plan)})
    words = f"registered 2031-05-06 for lab: margin 0.5 AP, 3 seeds ({entry.digest})"
    registered = claim.model_copy(update={"registered": (entry,)})
    assert changes._asked(registered) == f"{changes._asked(claim)}; {words}"


def test_a_cell_or_claim_that_is_added_or_taken_away_is_a_change_of_the_papers_file(tiny, store):
    paper = tiny.papers["tinypaper"]
    less = {"tables": paper.tables[:1], "claims": paper.claims[:1], "misprints": ()}
    fewer = paper.model_copy(update=less)
    small = judged(Catalog(papers={fewer.id: fewer}, folders=tiny.folders), store)
    gone = found(judged(tiny, store), small)
    assert gone["tinypaper-2/plain/ap"].after is None
    assert gone["tinypaper/above-75"].after is None
    assert found(small, judged(tiny, store))["tinypaper-2/plain/ap"].before is None
    assert {one.why for one in gone.values()} == {("paper file",)}


def test_a_change_of_the_judge_is_named_alone_and_beside_a_result(tiny, fill, make, monkeypatch):
    """The judge's digest differs, and what it says of a cell."""
    before = judged(tiny, fill(make.counted("tiny-a", 5_200_000)))
    monkeypatch.setattr(changes, "combined", lambda *_: "another judge")
    store = fill(make.counted("tiny-b", 6_500_000))
    measurements = Measurements(tiny, ResultIndex(store))
    snapshot = stricter(judge_all(measurements))
    changed = found(before, state_of(measurements, snapshot))
    assert changed["tinypaper-1/tiny-b/params"].why == ("result arrived", "judge")
    # what tiny-b brought may have had a part in it, so it is named too
    assert changed[PARAMS].why == ("judge", "other result")
    assert changed[PARAMS].after.verdict == "deviates"


def stricter(snapshot: Snapshot) -> Snapshot:
    """A judge that is never content with a count of parameters."""
    strict = [
        one.model_copy(update={"verdict": "deviates"})
        if one.column == "params" and one.verdict == "reproduced"
        else one
        for one in snapshot.verdicts
    ]
    return snapshot.model_copy(update={"verdicts": tuple(strict)})


def test_the_judge_did_not_cause_what_the_paper_alone_says(tiny, store, monkeypatch):
    before = judged(tiny, store)
    monkeypatch.setattr(changes, "combined", lambda *_: "another judge")
    after = judged(printed(tiny, "tiny-a", "91.0", "91.1"), store)
    [change] = differences(before, after)
    assert change.why == ("paper file",)


def test_a_verdict_that_became_stale_names_the_measured_code(tiny, fill, make, tmp_path):
    code = tmp_path / "model.py"
    code.write_text("layers = 3\n")
    made = make.provenance(inputs={"model.py": inputs.digest("model.py", tmp_path)})
    store = fill(make.counted("tiny-a", 5_200_000, provenance=made))
    before = judged(tiny, store, tmp_path)
    code.write_text("layers = 4\n")
    after = judged(tiny, store, tmp_path)
    assert found(before, after)[PARAMS].why == ("measured code",)
    assert found(after, before)[PARAMS].why == ("measured code",)


def test_a_latency_that_is_compared_with_nothing_may_differ(tiny, fill, make):
    before = judged(tiny, fill(make.timed(tiny_a=10.0)))
    after = judged(tiny, fill(make.timed(tiny_a=12.0)))
    assert "tinypaper-1/tiny-a/fps" not in found(before, after)


def test_without_any_differing_input_the_cause_is_unknown(tiny, store):
    state = judged(tiny, store)
    other = state.standings[PARAMS].model_copy(update={"verdict": "failed"})
    after = state.model_copy(update={"standings": {**state.standings, PARAMS: other}})
    assert found(state, after)[PARAMS].why == ("unknown",)


def test_results_that_are_not_here_need_not_count_as_removed(tiny, fill, make, store):
    measured = judged(tiny, fill(make.counted("tiny-a", 5_200_000)))
    empty = judged(
        printed(tiny, "rival", "74.4", "74.5"), Store(store.root / "none", store.root / "none")
    )
    assert PARAMS in found(measured, empty)
    assert set(found(measured, empty, removals=False)) == {"tinypaper-1/rival/ap"}


def test_recording_is_no_part_of_the_judge():
    names = inputs.judge_inputs()
    assert "bench/judge/verdicts.py" in names
    assert not {f"bench/judge/{one}.py" for one in ("changes", "history", "recorder")} & set(names)


@pytest.mark.parametrize("name", ["tinypaper-1/tiny-a/ap", "tinypaper/above-75"])
def test_what_is_recorded_survives_a_file(tiny, store, name):
    standing = judged(tiny, store).standings[name]
    text = standing.model_dump_json(exclude_defaults=True)
    assert type(standing).model_validate_json(text) == standing
