"""Verdicts on cells, each computed by hand."""

import hashlib
import re
from pathlib import Path

import pytest

from bench.catalog.load import Catalog
from bench.errors import ResultError, UnknownName
from bench.forks import divided
from bench.judge import verdicts
from bench.judge.evidence import Measurement, Measurements
from bench.judge.verdicts import failures, judge_all, judge_cell, judge_table
from bench.results.index import ResultIndex
from bench.results.store import Store

RESULTS = Path(__file__).parents[2] / "fixtures" / "results"


def verdict(
    tiny: Catalog, store: Store, row: str, column: str, table: str = "1", project: Path = RESULTS
):
    cell = tiny.cell_index["tinypaper", table, row, column]
    return judge_cell(cell, Measurements(tiny, ResultIndex(store), project))


def stored(tiny: Catalog) -> Measurements:
    """The committed fixture results."""
    return Measurements(tiny, ResultIndex(Store(RESULTS, RESULTS / "none")))


@pytest.mark.process
def test_several_processes_judge_as_one_does(tiny, monkeypatch) -> None:
    alone = judge_all(stored(tiny))
    asked = []

    def forked(work, jobs, *, least):
        asked.append(least)
        return divided(work, jobs, least=1, processes=3)

    monkeypatch.setattr(verdicts, "divided", forked)
    assert judge_all(stored(tiny)) == alone
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("row", "column", "name", "says"),
    [
        ("tiny-a", "input-size", "setting", "a setting"),
        ("other", "params", "empty", "no number"),
        ("tiny-a", "params", "not-run", "model tiny-a has not been counted"),
        ("tiny-a", "fps", "not-run", "model tiny-a has not been timed"),
        ("tiny-a", "ap", "not-run", "run tiny-a-coco has no result"),
        ("rival", "params", "quoted", r"quoted from \[3\]; model rival-w32 has not been counted"),
        ("rival", "fps", "not-run", "model rival-w32 has not been timed"),
        ("other", "ap", "quoted", r"quoted from \[4\]; no run \(no code was published\)"),
    ],
)
def test_without_results_every_cell_says_why(tiny, store, row, column, name, says) -> None:
    found = verdict(tiny, store, row, column)
    assert found.verdict == name
    assert re.search(says, found.reason)
    assert (found.value, found.evidence, found.results) == (None, None, ())


def test_a_row_that_has_no_run_and_gives_no_reason_says_no_more(tiny, store) -> None:
    cell = tiny.cell_index["tinypaper", "1", "tiny-a", "ap"]
    bare = cell._replace(run=None, row=cell.row.model_copy(update={"why_no_run": None}))
    assert judge_cell(bare, Measurements(tiny, ResultIndex(store))).reason == "no run"


# ---------------------------------------------------------------- counts


@pytest.mark.parametrize(
    ("total", "embedding", "name", "says"),
    [
        (5_249_999, 0, "reproduced", "counted as total: 5.25"),
        (5_150_000, 0, "reproduced", "counted as total: 5.15"),
        (5_260_000, 0, "deviates", "+1.2 %: counted as total: 5.26"),
        (
            5_400_000,
            196_608,
            "reproduced",
            "counted as without-position-embedding: 5.20339 (total 5.4",
        ),
        (
            5_210_000,
            196_608,
            "reproduced",
            "counted as total: 5.21 (without-position-embedding 5.01339",
        ),
    ],
)
def test_parameters_are_reproduced_if_they_round_to_the_print(
    tiny, fill, make, total, embedding, name, says
) -> None:
    found = verdict(tiny, fill(make.counted("tiny-a", total, embedding)), "tiny-a", "params")
    assert (found.verdict, found.evidence) == (name, "counted")
    assert found.reason.startswith(says)
    assert found.results == ("results/counted/tiny-a.json",)


def test_counts_without_a_total_are_one_clear_line(tiny, fill, make) -> None:
    counted = make.counted("tiny-a", 5_200_000).model_copy(update={"parameters": {"trainable": 5}})
    with pytest.raises(
        ResultError, match=r"tiny-a\.json: count > parameters: .*has no total.*; delete"
    ):
        verdict(tiny, fill(counted), "tiny-a", "params")


def test_flops_follow_the_rule_that_the_paper_used(tiny, fill, make) -> None:
    store = fill(make.counted("tiny-a", 5_200_000, flops=8.02, macs=7_900_000_000))
    found = verdict(tiny, store, "tiny-a", "flops")
    assert (found.verdict, found.value, found.shown) == ("reproduced", 8.02, "8.0")
    assert found.difference == pytest.approx(0.25)
    store = fill(make.counted("tiny-a", 5_200_000, flops=8.06))
    assert verdict(tiny, store, "tiny-a", "flops").reason == "+0.75 %: counted as conv-linear: 8.06"


def test_flops_by_a_rule_that_was_not_counted_are_not_compared(tiny, fill, make) -> None:
    counted = make.counted("tiny-a", 5_200_000).model_copy(update={"flops": {"other": 8.0}})
    found = verdict(tiny, fill(counted), "tiny-a", "flops")
    assert (found.verdict, found.value) == ("not-comparable", None)
    assert "rule 'conv-linear' was not counted; counted are other" in found.reason


@pytest.mark.parametrize(
    ("flops", "shown", "says"),
    [
        ({"macs": 7.9, "doubled": 8.04}, "7.9", "doubled would give the printed value"),
        ({"macs": 7.9, "doubled": 15.8}, "7.9", "no known rule would give the printed value"),
        ({"macs": 8.02, "other": 7.96}, "8.0", "macs and other would give the printed value"),
    ],
)
def test_flops_by_a_rule_that_the_paper_does_not_name_are_inconclusive(
    ruleless, fill, make, flops, shown, says
) -> None:
    counted = make.counted("tiny-a", 5_200_000, macs=int(flops["macs"] * 1e9))
    store = fill(counted.model_copy(update={"flops": flops}))
    found = verdict(ruleless, store, "tiny-a", "flops")
    assert (found.verdict, found.shown) == ("inconclusive", shown)
    assert found.reason.startswith(f"the paper names no counting rule; {says};")


def test_flops_at_another_input_size_are_not_compared(tiny, fill, make) -> None:
    store = fill(make.counted("tiny-a", 5_200_000, flops=8.0, input_size=(288, 384)))
    found = verdict(tiny, store, "tiny-a", "flops")
    assert (found.verdict, found.evidence) == ("not-comparable", "counted")
    assert "counted at 384x288, printed for 256x192" in found.reason
    assert verdict(tiny, store, "tiny-a", "params").verdict == "reproduced"


# ---------------------------------------------------------------- speeds


def test_a_speed_of_another_machine_is_shown_but_not_compared(tiny, store, fill, make) -> None:
    found = verdict(tiny, fill(make.timed("2 cores", tiny_a=10.0)), "tiny-a", "fps")
    assert (found.verdict, found.evidence, found.value) == ("not-comparable", "timed", 100.0)
    assert found.reason == (
        "printed on Tesla T4, timed on 2 cores, fp32, batch 1; "
        "only ratios are comparable between machines, see the claims"
    )
    cell = tiny.cell_index["tinypaper", "1", "tiny-a", "fps"]
    unnamed = cell._replace(protocol={**cell.protocol, "machine": ""})
    reason = judge_cell(unnamed, Measurements(tiny, ResultIndex(store), RESULTS)).reason
    assert reason == found.reason.replace("Tesla T4", "an unnamed machine")


@pytest.mark.parametrize(("ms", "shown"), [(10.0, "100"), (2500.0, "0.40"), (150.0, "6.7")])
def test_a_slow_machine_s_speed_keeps_two_digits(tiny, fill, make, ms, shown) -> None:
    assert verdict(tiny, fill(make.timed("2 cores", tiny_a=ms)), "tiny-a", "fps").shown == shown


@pytest.mark.parametrize(
    ("ms", "name"),
    [
        (11.0, "reproduced"),
        (9.0, "better"),
        (13.0, "deviates"),
        (12.5, "inconclusive"),
    ],
)
def test_a_speed_of_the_same_machine_is_judged_with_a_tolerance(tiny, fill, make, ms, name) -> None:
    found = verdict(tiny, fill(make.timed("NVIDIA Tesla T4", "cuda", tiny_a=ms)), "tiny-a", "fps")
    assert found.verdict == name
    printed = tiny.cell_index["tinypaper", "1", "tiny-a", "fps"].number.value
    assert found.difference == pytest.approx(100.0 * (1000.0 / ms / printed - 1.0))  # in %
    assert found.interval == pytest.approx((1000.0 / (1.02 * ms), 1000.0 / (0.98 * ms)))


# ---------------------------------------------------------------- failed, stale


def test_a_failed_run_is_failed_unless_something_else_was_measured(tiny, fill, make) -> None:
    broken = make.trained("tiny-a-coco", 0, 0.0, "full", failed="out of memory", metrics={})
    found = verdict(tiny, fill(broken), "tiny-a", "ap")
    assert (found.verdict, found.reason) == ("failed", "seed 0 failed: out of memory")
    found = verdict(tiny, fill(make.trained("tiny-a-coco", 0, 40.0)), "tiny-a", "ap")
    assert (found.verdict, found.evidence) == ("not-comparable", "smoke")
    assert "elsewhere: seed 0 failed: out of memory" in found.reason


def test_failed_is_a_flag_and_not_a_word_in_the_reason(tiny, store) -> None:
    cell = tiny.cell_index["tinypaper", "1", "tiny-a", "ap"]
    for flag, name in ((False, "not-comparable"), (True, "failed")):
        measurements = Measurements(tiny, ResultIndex(store))
        one = Measurement("full-1", (), "full-1", (), broken="nothing in failed.json", failed=flag)
        measurements._found[cell.name, cell.run] = [one]
        assert judge_cell(cell, measurements).verdict == name


def test_a_failure_without_a_message_is_still_a_failure(tiny, fill, make) -> None:
    broken = make.trained("tiny-a-coco", 0, 75.8, "full", failed="")
    found = verdict(tiny, fill(broken), "tiny-a", "ap")
    assert (found.verdict, found.reason) == ("failed", "seed 0 failed: no reason stored")


def test_a_result_without_the_metric_says_so(tiny, fill, make) -> None:
    found = verdict(tiny, fill(make.trained("tiny-a-coco", 0, 75.8, "full")), "tiny-a", "ap50")
    assert (found.verdict, found.reason) == ("not-comparable", "the result holds no AP50")


def test_a_result_is_stale_once_its_code_has_changed(tiny, fill, make, tmp_path: Path) -> None:
    code = tmp_path / "tiny.py"
    code.write_text("one")
    inputs = {"tiny.py": hashlib.sha256(b"one").hexdigest(), "data.zip": "0" * 64}
    store = fill(make.counted("tiny-a", 5_200_000, provenance=make.provenance(inputs=inputs)))
    assert verdict(tiny, store, "tiny-a", "params", project=tmp_path).verdict == "reproduced"
    code.write_text("other")
    found = verdict(tiny, store, "tiny-a", "params", project=tmp_path)
    assert (found.verdict, found.value) == ("stale", 5.2)
    assert found.reason == "changed since it was measured: tiny.py"
    code.unlink()
    assert verdict(tiny, store, "tiny-a", "params", project=tmp_path).verdict == "stale"


# ---------------------------------------------------------------- the whole


def test_the_stored_results_give_the_verdicts_of_a_hand_count(tiny) -> None:
    store = Store(RESULTS, RESULTS / "none")
    verdicts = judge_table(Measurements(tiny, ResultIndex(store)), "tinypaper-1")
    found = {f"{v.row}/{v.column}": v.verdict for v in verdicts}
    assert found == {
        **dict.fromkeys(
            [f"{r}/input-size" for r in ("rival", "other", "tiny-a", "tiny-b")], "setting"
        ),
        **dict.fromkeys([f"rival/{c}" for c in ("params", "flops", "ap", "ap50", "ar")], "quoted"),
        "rival/fps": "not-run",
        **dict.fromkeys([f"other/{c}" for c in ("params", "flops", "fps")], "empty"),
        **dict.fromkeys([f"other/{c}" for c in ("ap", "ap50", "ar")], "quoted"),
        "tiny-a/params": "reproduced",
        "tiny-a/flops": "reproduced",
        "tiny-a/fps": "not-comparable",
        "tiny-a/ap": "reproduced",
        "tiny-a/ap50": "not-comparable",
        "tiny-a/ar": "deviates",
        "tiny-b/params": "reproduced",
        "tiny-b/flops": "deviates",
        "tiny-b/fps": "not-comparable",
        "tiny-b/ap": "inconclusive",
        "tiny-b/ap50": "not-comparable",
        "tiny-b/ar": "inconclusive",
    }


def test_judging_is_complete_and_repeats_to_the_byte(tiny) -> None:
    snapshot = judge_all(stored(tiny))
    assert len(snapshot.verdicts) == sum(1 for _ in tiny.cells())
    assert len(snapshot.claims) == len(tiny.papers["tinypaper"].claims)
    assert judge_all(stored(tiny)).model_dump_json() == snapshot.model_dump_json()
    assert [*snapshot.by_cell] == [cell.key for cell in tiny.cells()]


def test_failures_are_the_cells_with_the_named_verdicts(tiny) -> None:
    snapshot = judge_all(stored(tiny))
    assert failures(snapshot, ["deviates"])
    assert failures(snapshot, ["stale"]) == []
    assert failures(snapshot, []) == []
    assert {v.verdict for v in failures(snapshot, ["deviates", "failed"])} == {"deviates", "failed"}
    with pytest.raises(UnknownName, match="unknown verdict 'deviate'; did you mean: deviates"):
        failures(snapshot, ["deviate"])
