"""Verdicts on accuracies, each computed by hand."""

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.catalog.load import Catalog, load_catalog
from bench.catalog.numbers import parse_number
from bench.judge.accuracy import judge_released, judge_trainings
from bench.judge.evidence import Measurements
from bench.judge.protocol import STATED, differences, unstated
from bench.judge.verdicts import judge_all, judge_cell, wrong_by_chance
from bench.results.index import ResultIndex
from bench.results.store import Store
from tests.factories import PRINTED


def verdict(tiny: Catalog, store: Store, row: str, column: str):
    cell = tiny.cell_index["tinypaper", "1", row, column]
    return judge_cell(cell, Measurements(tiny, ResultIndex(store)))


@pytest.mark.parametrize("tier", ["smoke", "lab"])
def test_synthetic_accuracy_is_never_compared_with_a_printed_one(tiny, fill, make, tier) -> None:
    store = fill(
        *(make.trained("tiny-a-coco", n, 75.8, tier, untrained={"AP": 0.5}) for n in range(3))
    )
    found = verdict(tiny, store, "tiny-a", "ap")
    assert (found.verdict, found.evidence, found.seeds) == ("not-comparable", tier, (0, 1, 2))
    assert (found.value, found.shown, found.difference, found.interval) == (None, None, None, None)
    assert (found.comparison, len(found.results)) == ("proxy", 3)
    assert found.reason.startswith(
        "synthetic data, used for claims about order only (AP 75.8 on it, 0.5 untrained, 3 seeds"
    )


def test_synthetic_data_are_rejected_even_under_the_name_of_the_full_tier(tiny, fill, make) -> None:
    protocol = {"data": "synthetic-easy", "split": "coco-val2017", "boxes": "detector-56.4",
                "input_size": "256x192", "flip_test": "yes"}  # fmt: skip
    found = verdict(
        tiny, fill(make.trained("tiny-a-coco", 0, 75.8, "full", protocol=protocol)), "tiny-a", "ap"
    )
    assert found.verdict == "not-comparable"
    assert "measured on synthetic data" in found.reason


@pytest.mark.parametrize(
    ("ap", "name"),
    [
        (75.8, "reproduced"),
        (76.05, "reproduced"),  # 0.05 rounding + 0.2
        (76.06, "better"),
        (75.54, "deviates"),
    ],
)
def test_released_weights_have_the_rounding_and_their_tolerance(tiny, fill, make, ap, name) -> None:
    one = make.trained("tiny-a-coco", 0, ap, "full", evidence="released-weights")
    found = verdict(tiny, fill(one), "tiny-a", "ap")
    assert (found.verdict, found.evidence, found.value) == (name, "released-weights", ap)
    assert (found.comparison, found.interval) == ("exact", None)
    assert found.difference == pytest.approx(ap - 75.8)


@pytest.mark.parametrize("ap", [70.0, 75.4, 75.8, 76.2, 80.0])
def test_one_training_never_gives_a_firm_word(tiny, fill, make, ap) -> None:
    found = verdict(tiny, fill(make.trained("tiny-a-coco", 0, ap, "full")), "tiny-a", "ap")
    assert (found.verdict, found.evidence, found.interval) == ("inconclusive", "full-1", None)
    # 1.96 * 0.15 * sqrt(2) + 0.05; 0.5 - 1.645 * 0.15 * sqrt(4 / 3) - 0.05; 2.58 * 0.15 * sqrt(4 / 3) + 0.05
    near = abs(ap - 75.8) < 0.47
    fits = "consistent with" if near else "further than chance from"
    assert f"one training: {fits} the printed figure (±0.47 with" in found.reason
    assert "three that agree would decide within ±0.17 or beyond ±0.50" in found.reason


@pytest.mark.parametrize(
    ("seeds", "name"),
    [
        ([75.8, 75.8], "reproduced"),
        ([76.15, 76.25], "inconclusive"),
        ([75.7, 75.9], "inconclusive"),  # 2.92 is Student's for 90 % of 3 seeds, 6.31 of 2
        ([75.7, 75.8, 75.9], "reproduced"),  # 2.92 * 0.1 * sqrt(4 / 3) + 0.05 = 0.39
        ([75.9, 76.0, 76.1], "inconclusive"),  # 0.2 more is beyond 0.5
        ([75.7, 76.4, 77.1], "inconclusive"),
        ([74.0, 74.1, 74.05], "deviates"),
        ([77.0, 77.1, 77.05], "better"),
        ([74.0, 74.0], "inconclusive"),  # two that happen to agree do not refute
        ([73.0, 75.0, 77.5], "inconclusive"),
        ([70.0, 76.0, 82.0], "inconclusive"),
    ],
)
def test_several_trainings_are_equal_different_or_neither(tiny, fill, make, seeds, name) -> None:
    store = fill(*(make.trained("tiny-a-coco", n, ap, "full") for n, ap in enumerate(seeds)))
    found = verdict(tiny, store, "tiny-a", "ap")
    assert (found.verdict, found.comparison) == (name, "exact")
    assert found.evidence == ("full-3" if len(seeds) > 2 else "full-1")
    assert found.interval[0] < found.value < found.interval[1]
    assert found.reason.startswith(f"{found.difference:+.2f} points [")


def test_metrics_that_vary_more_have_a_wider_margin() -> None:
    number = parse_number("75.80")
    assert judge_trainings("AP", number, [75.35] * 1000).verdict == "deviates"
    assert judge_trainings("AP75", number, [75.35] * 1000).verdict == "reproduced"


def test_a_difference_beyond_chance_may_still_be_equal_within_the_margin() -> None:
    """0.03 of a measure, with its floor of 0.01: [0.01, 0.05] excludes zero, 90 % are inside 0.05."""
    found = judge_trainings("response", parse_number("0.500"), [0.53] * 30)
    assert found.verdict == "reproduced"
    assert found.reason.endswith("equal within ±0.05, though not by chance alone")


@given(
    st.lists(st.integers(740, 775).map(lambda n: n / 10), min_size=1, max_size=5), st.integers(2, 4)
)
def test_more_seeds_of_the_same_values_never_make_a_verdict_less_firm(values, times) -> None:
    number = parse_number("75.8")
    before, after = (judge_trainings("AP", number, v).verdict for v in (values, values * times))
    assert before == "inconclusive" or after != "inconclusive"


@pytest.mark.parametrize("others", [[75.79, 75.8, 75.81], [60.0, 70.0, 80.0]])
def test_other_runs_and_refused_results_have_no_influence(tiny, fill, make, others) -> None:
    mine = [make.trained("tiny-a-coco", n, ap, "full") for n, ap in enumerate([76.15, 76.25])]
    alone = verdict(tiny, fill(*mine), "tiny-a", "ap")
    near = [make.trained("tiny-b-coco", n, ap, "full") for n, ap in enumerate(others)]
    refused = [
        make.trained("tiny-c-coco", n, ap, "full", protocol={**PRINTED, "boxes": "ground-truth"})
        for n, ap in enumerate(others)
    ]
    assert verdict(tiny, fill(*near, *refused), "tiny-a", "ap") == alone


@pytest.mark.parametrize(
    ("protocol", "says"),
    [
        ({"boxes": "ground-truth"}, "boxes: detector-56.4 printed, ground-truth measured"),
        ({"split": "coco-test-dev2017"}, "split: coco-val2017 printed, coco-test-dev2017 measured"),
        ({"flip_test": "no"}, "flip test: yes printed, no measured"),
        ({"input_size": "384x288"}, "input size: 256×192 printed, 384x288 measured"),
        ({"subset": "500 images"}, "measured on a subset: 500 images"),
    ],
)
def test_another_protocol_is_not_compared_and_the_reason_says_what_differs(
    tiny, fill, make, protocol, says
) -> None:
    one = make.trained("tiny-a-coco", 0, 75.8, "full")
    one = one.model_copy(update={"protocol": {**one.protocol, **protocol}})
    found = verdict(tiny, fill(one), "tiny-a", "ap")
    assert (found.verdict, found.comparison, found.reason) == ("not-comparable", "proxy", says)


def test_a_result_that_does_not_state_its_protocol_is_not_compared(tiny, fill, make) -> None:
    found = verdict(
        tiny, fill(make.trained("tiny-a-coco", 0, 75.8, "full", protocol={})), "tiny-a", "ap"
    )
    assert "the result does not say" in found.reason
    assert found.verdict == "not-comparable"


def test_what_the_paper_does_not_state_is_judged_and_mentioned(tiny, fill, make) -> None:
    paper = tiny.papers["tinypaper"]
    table = paper.tables[0].model_copy(
        update={"protocol": {**paper.tables[0].protocol, "boxes": "not stated"}}
    )
    changed = paper.model_copy(update={"tables": (table,)})
    catalog = Catalog(papers={"tinypaper": changed}, folders=tiny.folders)
    found = verdict(catalog, fill(make.trained("tiny-a-coco", 0, 75.8, "full")), "tiny-a", "ap")
    assert (found.verdict, found.comparison) == ("inconclusive", "unknown")
    assert found.reason.endswith("not stated by the paper, measured with boxes detector-56.4")
    for aps, name in (([75.8] * 3, "reproduced"), ([70.0] * 3, "inconclusive")):
        store = fill(*(make.trained("tiny-a-coco", n, ap, "full") for n, ap in enumerate(aps)))
        found = verdict(catalog, store, "tiny-a", "ap")
        assert (found.verdict, found.comparison) == (name, "unknown")
        assert found.reason.endswith("measured with boxes detector-56.4")


def test_height_by_width_and_width_by_height_are_one_size(tiny, fill, make) -> None:
    one = make.trained("tiny-a-coco", 0, 75.8, "full")
    one = one.model_copy(update={"protocol": {**one.protocol, "input_size": "192x256"}})
    assert verdict(tiny, fill(one), "tiny-a", "ap").comparison == "exact"


# ---------------------------------------------------------------- protocols


def printing(tiny: Catalog, **protocol: str) -> Catalog:
    """The tiny paper, whose first table states more of its protocol."""
    paper = tiny.papers["tinypaper"]
    first, *others = paper.tables
    changed = first.model_copy(update={"protocol": {**first.protocol, **protocol}})
    paper = paper.model_copy(update={"tables": (changed, *others)})
    return Catalog(papers={"tinypaper": paper}, folders=tiny.folders)


@pytest.mark.parametrize(
    ("key", "printed", "measured"),
    [
        ("decoding", "dark", "quarter-shift"),
        ("trained_on", "coco-train2017+mpii-train", "coco-train2017"),
        ("scales", "multiple", "single"),
        ("models", "ensemble", "one network"),
    ],
)
def test_decoder_and_training_data_are_part_of_the_protocol(
    tiny, fill, make, key, printed, measured
) -> None:
    """Printed with DARK and measured with a quarter shift was once reproduced."""
    catalog = printing(tiny, **{key: printed})
    for protocol, says in (
        ({**PRINTED, key: measured}, f"{printed} printed, {measured} measured"),
        (PRINTED, f"{printed} printed, the result does not say"),
    ):
        runs = [make.trained("tiny-a-coco", n, 75.8, "full", protocol=protocol) for n in range(3)]
        found = verdict(catalog, fill(*runs), "tiny-a", "ap")
        assert (found.verdict, found.comparison) == ("not-comparable", "proxy")
        assert found.reason == f"{key.replace('_', ' ')}: {says}"
    same = {**PRINTED, key: printed}
    runs = [make.trained("tiny-a-coco", n, 75.8, "full", protocol=same) for n in range(3)]
    assert verdict(catalog, fill(*runs), "tiny-a", "ap").verdict == "reproduced"


def test_every_key_that_a_paper_prints_of_an_accuracy_is_compared() -> None:
    machines = {"machine", "gpu", "hardware", "device", "precision", "batch"}
    for cell in load_catalog().cells():
        if cell.column.kind in ("accuracy", "measure"):
            assert set(cell.protocol) <= {*STATED, *machines}, cell.name


def test_what_is_left_out_is_a_choice_only_where_there_is_one() -> None:
    measured = {**PRINTED, "decoding": "dark", "trained_on": "coco-train2017", "scales": "single"}
    assert unstated(PRINTED, measured) == "not stated by the paper, measured with decoding dark"
    assert unstated(PRINTED, {**measured, "decoding": "regression"}) == ""
    assert "flip test yes" in unstated({"split": "coco-val2017", "boxes": "none"}, measured)
    assert unstated({**PRINTED, "scales": "not stated", "decoding": "dark"}, measured).endswith(
        "scales single"
    )
    assert differences(PRINTED, measured) == ()


def test_one_training_leaves_twice_as_much_open_of_a_metric_that_varies_twice_as_much() -> None:
    said = [judge_trainings(m, parse_number("75.8"), [75.8]).reason for m in ("AP", "AP75")]
    one, two = ([float(found) for found in re.findall(r"±([\d.]+)", words)] for words in said)
    for ap, ap75, half in zip(one, two, (0.05, -0.05, 0.05), strict=True):  # half a printed digit
        assert ap75 - half == pytest.approx(2 * (ap - half), abs=0.02)


def test_released_weights_of_an_unstated_protocol_refute_nothing(tiny, fill, make) -> None:
    number = parse_number("75.8")
    assert judge_released("AP", number, 75.0).verdict == "deviates"
    assert judge_released("AP", number, 75.8, "no boxes").reason.endswith("no boxes")
    found = judge_released("AP", number, 75.0, "not stated by the paper, measured with boxes none")
    assert found.verdict == "inconclusive"
    assert found.reason == (
        "-0.80 points; allowed ±0.25; not stated by the paper, measured with boxes none"
    )
    protocol = {**PRINTED, "decoding": "dark"}
    one = make.trained(
        "tiny-a-coco", 0, 74.0, "full", evidence="released-weights", protocol=protocol
    )
    told = verdict(tiny, fill(one), "tiny-a", "ap")
    assert (told.verdict, told.comparison) == ("inconclusive", "unknown")
    assert "not stated by the paper, measured with decoding dark" in told.reason


# ---------------------------------------------------------------- data, chance


def test_results_of_one_run_on_other_data_are_never_one_measurement(tiny, fill, make) -> None:
    """Same protocol in words, but another fingerprint: the seeds of each stay apart."""
    one, two = ({**PRINTED, "fingerprint": name} for name in "ab")
    first = [make.trained("tiny-a-coco", n, 75.8, "full", protocol=one) for n in range(3)]
    second = [make.trained("tiny-a-coco", n, 60.0, "full", protocol=two) for n in (3, 4)]
    found = verdict(tiny, fill(*first, *second), "tiny-a", "ap")
    assert (found.verdict, found.seeds, found.value) == ("reproduced", (0, 1, 2), 75.8)


def test_a_released_network_comes_before_one_training_and_after_several(tiny, fill, make) -> None:
    released = make.trained("tiny-a-coco", 0, 75.8, "full", evidence="released-weights")
    store = fill(released, make.trained("tiny-a-coco", 1, 74.0, "full"))
    assert verdict(tiny, store, "tiny-a", "ap").evidence == "released-weights"
    store = fill(make.trained("tiny-a-coco", 2, 74.0, "full"))
    assert verdict(tiny, store, "tiny-a", "ap").evidence == "full-1"


def test_a_table_says_how_many_verdicts_chance_may_have_made_wrong(tiny, fill, make) -> None:
    store = fill(
        make.counted("tiny-a", 5_200_000),
        *(make.trained("tiny-a-coco", n, 75.8, "full") for n in range(3)),
        make.trained("tiny-b-coco", 0, 76.0, "full"),
    )
    verdicts = judge_all(Measurements(tiny, ResultIndex(store))).verdicts
    words = Counter(v.verdict for v in verdicts if v.evidence == "full-3")
    firm = words["reproduced"] + words["better"] + words["deviates"]
    assert firm > 0
    assert wrong_by_chance(verdicts) == pytest.approx(0.05 * firm)
    assert wrong_by_chance([v for v in verdicts if v.evidence == "counted"]) == 0
