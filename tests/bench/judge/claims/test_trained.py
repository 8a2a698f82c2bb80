"""Claims on trainings at full size: inside what is allowed, outside, or undecided."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench.catalog.load import Catalog, load_catalog
from bench.catalog.schema import Claim
from bench.evaluate.matches import Matches
from bench.judge.bootstrap import PairedRuns
from bench.judge.claims.on_paper import judge_claim
from bench.judge.claims.ordering import MARGIN, registered_margin
from bench.judge.evidence import Measurements
from bench.judge.records import ClaimJudgement
from bench.results.index import ResultIndex
from tests.bench.judge.test_bootstrap import evaluated, matches_of, scenes
from tests.factories import PRINTED, Memory, trained

A, B, C = "[1/tiny-a/ap]", "[1/tiny-b/ap]", "[2/plain/ap]"
MORE, ABOVE, SAME = f"{B} - {A}", f"{B} > {A}", f"{B} == {A}"
LIST = "[1/tiny-*/ap]"
Judge = Callable[..., ClaimJudgement]


def claim(expression: str, claimed: str | None = None, rounding: str = "nearest") -> Claim:
    fields = {"id": "one", "where": "p. 1", "claim": "something", "expression": expression}
    return Claim.model_validate({**fields, "claimed": claimed, "rounding": rounding})


@pytest.fixture
def judge(tiny: Catalog) -> Judge:
    """judge(expression, claimed, rounding, tier, a=[...], b=[...], c=[...])."""

    def of(
        expression: str,
        claimed: str | None = None,
        rounding: str = "nearest",
        tier: str = "full",
        changes: dict[str, Any] | None = None,
        **seeds: list[float],
    ) -> ClaimJudgement:
        results = {
            f"results/{tier}/tiny-{net}-coco/seed-{n}.json": trained(
                f"tiny-{net}-coco", n, ap, tier, **(changes or {})
            )
            for net, values in seeds.items()
            for n, ap in enumerate(values)
        }
        measurements = Measurements(tiny, ResultIndex(Memory(results)))
        return judge_claim(
            "tinypaper", claim(expression, claimed, rounding), measurements
        ).on_reproduced

    return of


@pytest.mark.parametrize(
    ("expression", "claimed", "rounding", "a", "b"),
    [
        (MORE, "1.3", "nearest", [72.5, 73.5, 74.5], [72.0, 73.0, 74.0]),
        (MORE, "1", "at-least", [72.5, 73.5, 74.5], [72.0, 73.0, 74.0]),
        (SAME, None, "nearest", [73.0, 76.0, 79.0], [70.0, 73.0, 76.0]),
        (f"{B} >= {A}", None, "nearest", [76.0], [76.0]),
        (f"{B} >= {A}", None, "nearest", [76.0] * 3, [76.0] * 3),
        (f"{B} >= {A}", None, "nearest", [76.0] * 3, [76.1] * 3),
        (SAME, None, "nearest", [76.0], [76.0]),
    ],
)
def test_wide_evidence_decides_nothing(judge, expression, claimed, rounding, a, b) -> None:
    assert judge(expression, claimed, rounding, a=a, b=b).holds == "inconclusive"


# b is 1.0 above a, give or take 0.25: Welch's with equal deviations of 0.1 and 4 degrees of freedom is 0.23, and
# each alone 2.92 or 4.30 times 0.058, so that 1.96 times 0.15 times the root of 2 / 3 = 0.24 or 0.25 is the widest
NEAR = {"a": [75.0, 75.1, 74.9], "b": [76.0, 76.1, 75.9], "c": [60.0, 60.1, 59.9]}


@pytest.mark.parametrize(
    ("expression", "claimed", "rounding", "holds"),
    [
        (ABOVE, None, "nearest", "holds"),
        (f"{B} < {A}", None, "nearest", "fails"),
        (f"{B} >= {A}", None, "nearest", "holds"),
        (MORE, "1.0", "nearest", "holds"),
        (MORE, "1.2", "nearest", "holds"),  # 0.65 to 1.75 is allowed
        (MORE, "1.4", "nearest", "inconclusive"),  # 0.85 to 1.95
        (MORE, "2.0", "nearest", "fails"),  # from 1.45
        (MORE, "0.7", "at-least", "holds"),  # a bound is not widened
        (MORE, "0.9", "at-least", "inconclusive"),
        (MORE, "1.4", "at-least", "fails"),
        (MORE, "1.4", "at-most", "holds"),
        (f"{MORE} > 0.7", None, "nearest", "holds"),
        (f"{MORE} > 1.5", None, "nearest", "fails"),
        (SAME, None, "nearest", "fails"),
        (f"{B} - 1 == {A}", None, "nearest", "holds"),
        (f"{B} == 76", None, "nearest", "holds"),
        (f"best({B}, {LIST})", None, "nearest", "holds"),
        (f"best({A}, {LIST})", None, "nearest", "fails"),
        (f"rising({LIST})", None, "nearest", "holds"),
        (f"falling({LIST})", None, "nearest", "fails"),
        (f"argmax({LIST})", "2", "nearest", "holds"),
        (f"argmax({LIST}) == 2", None, "nearest", "holds"),
        (f"argmin({LIST}) == 2", None, "nearest", "fails"),
        (f"argmax({LIST}) == 3", None, "nearest", "fails"),
        (f"max({LIST}) - {C} > 10", None, "nearest", "holds"),
        (f"max({LIST}) - min({LIST}) < 3", None, "nearest", "holds"),
        (f"spread({LIST})", "1.0", "nearest", "holds"),
        (f"abs({A} - {B}) <= 1.5", None, "nearest", "holds"),
        (f"abs({A} - {B}) <= 0.5", None, "nearest", "fails"),
        (f"mean({LIST})", "75.5", "nearest", "holds"),
        (f"times({B}, {A})", "1.013", "nearest", "holds"),  # 0.5 points are 0.007 of it
        (f"times({B}, {A})", "1.03", "nearest", "fails"),
        (f"percent_more({B}, {A})", "1", "about", "holds"),
        (f"{ABOVE} and {A} > {C}", None, "nearest", "holds"),
        (f"not {ABOVE}", None, "nearest", "fails"),
        (f"{A} > {B} or {A} > {C}", None, "nearest", "holds"),
    ],
)
def test_narrow_evidence_decides(judge, expression, claimed, rounding, holds) -> None:
    judged = judge(expression, claimed, rounding, **NEAR)
    assert (judged.holds, judged.evidence) == (holds, "full-3")


def test_a_value_has_its_interval_and_the_reason_what_is_allowed(judge) -> None:
    judged = judge(MORE, "1.0", **NEAR)
    assert judged.value == 1.0
    assert judged.interval == pytest.approx((0.75, 1.25), abs=0.002)
    assert "claimed 1.0 (nearest); the cells give 1, between 0.7516" in judged.reason
    assert "(3 seeds each); allowed 0.45 to 1.55" in judged.reason
    assert judge(ABOVE, **NEAR).confidence > 0.99


@pytest.mark.parametrize("tier", ["smoke", "lab", "full"])
@pytest.mark.parametrize("b", [[90.0], [10.0]])
def test_one_training_never_decides_an_order(judge, tier, b) -> None:
    """Whatever the others have: `transpose/h-does-not-saturate` once failed with one seed each."""
    for a in ([50.0], [50.0, 50.1, 49.9, 50.0]):
        judged = judge(ABOVE, tier=tier, a=a, b=b)
        assert (judged.holds, judged.confidence) == ("inconclusive", None)
        assert "one training" in judged.reason
        assert "decides nothing" in judged.reason


def test_a_run_that_learnt_nothing_makes_no_other_certain(judge) -> None:
    alone = judge(ABOVE, tier="smoke", a=[38.0], b=[38.6])
    beside = judge(ABOVE, tier="smoke", a=[38.0], b=[38.6], c=[0.0, 0.0, 0.0])
    assert beside == alone
    assert beside.holds == "inconclusive"
    judged = judge(MORE, "0.2", tier="smoke", a=[38.0], b=[38.6], c=[0.0, 0.0, 0.0])
    assert judged.holds == "inconclusive"
    assert judged.interval[1] - judged.interval[0] > 5.0


def test_equal_seeds_have_no_interval_of_zero_width(judge) -> None:
    for tier, least in (("smoke", 6.4), ("lab", 3.2), ("full", 0.48)):  # 2 * 1.96 * sqrt(2 / 3)
        judged = judge(MORE, "0.6", tier=tier, a=[38.0] * 3, b=[38.6] * 3)
        assert judged.interval[1] - judged.interval[0] >= least


def test_one_training_in_two_tables_is_one_number(judge) -> None:
    """Tables 1 and 2 show tiny-a: it equals itself however much its seeds vary."""
    again = "[2/offset/ap]"
    assert judge(f"{A} == {again}", a=[70.0, 75.0, 80.0]).holds == "holds"
    assert judge(f"{A} > {again}", a=[70.0, 75.0, 80.0]).holds == "fails"
    both = judge(f"{A} - [1/tiny-a/ar]", "-2.0", a=[70.0, 75.0, 80.0])  # AR is AP + 2 in every seed
    assert both.holds == "holds"  # two metrics, each with its floor, of one training
    assert both.interval == pytest.approx((-2.34, -1.66), abs=0.005)


def test_released_weights_have_their_tolerance(judge) -> None:
    released = {"evidence": "released-weights"}
    for b, holds in ((76.0, "holds"), (75.2, "inconclusive"), (74.0, "fails")):
        judged = judge(ABOVE, changes=released, a=[75.0], b=[b])
        assert (judged.holds, judged.evidence) == (holds, "released-weights")


def test_trainings_of_two_and_of_three_seeds_are_one_kind_of_evidence(judge) -> None:
    judged = judge(ABOVE, a=[75.0, 75.1, 74.9], b=[77.0, 77.0])
    assert (judged.holds, judged.evidence) == ("holds", "full-1")
    assert "2 to 3 seeds" in judged.reason


def test_the_level_of_fails_is_divided_among_the_comparisons(judge) -> None:
    """0.28 is beyond 0.24, and not beyond the interval of one of three: 2.39 * 0.15 * sqrt(2 / 3) = 0.29."""
    a, b = [76.28] * 3, [76.0] * 3
    assert judge(ABOVE, a=a, b=b).holds == "fails"
    assert judge(f"{ABOVE} and {ABOVE} and {ABOVE}", a=a, b=b).holds == "inconclusive"
    assert judge(f"{ABOVE} and {ABOVE} and {ABOVE}", a=b, b=a).holds == "holds"
    assert judge(f"{ABOVE} or {ABOVE} or {ABOVE}", a=b, b=a).holds == "inconclusive"


# ---------------------------------------------------------------- data and protocol


@pytest.mark.parametrize("key", ["fingerprint", "schedule"])
def test_data_that_covers_all_cells_is_chosen_and_two_sets_are_never_mixed(tiny, make, key) -> None:
    def results(**sets: str) -> Measurements:
        found = {}
        for row, names in sets.items():
            for name in names:
                for n in range(3):
                    ap = {"a": 75.0, "b": 76.0}[row] + (10.0 if name == "y" and row == "a" else 0.0)
                    file = f"results/full/tiny-{row}-coco/{name}-{n}.json"
                    protocol = {**PRINTED, key: name}
                    found[file] = make.trained(f"tiny-{row}-coco", n, ap, "full", protocol=protocol)
        return Measurements(tiny, ResultIndex(Memory(found)))

    both = judge_claim("tinypaper", claim(ABOVE), results(a="yx", b="x")).on_reproduced
    assert both.holds == "holds"
    apart = judge_claim("tinypaper", claim(ABOVE), results(a="y", b="x")).on_reproduced
    assert apart.holds == "open"
    assert apart.reason == f"measured under different protocols: {key} is x and y"


def test_single_seeds_on_other_images_stop_no_judge(tiny, make, store, tmp_path: Path) -> None:
    """The comparison of two such runs says so in the reason."""
    for run, ap in (("tiny-a-coco", 38.0), ("tiny-b-coco", 45.0)):
        store.write(make.trained(run, 0, ap))
    measurements = Measurements(tiny, ResultIndex(store))
    cells = [tiny.cell_index["tinypaper", "1", row, "ap"] for row in ("tiny-a", "tiny-b")]
    for cell, images in zip(cells, (12, 13), strict=True):
        [one] = measurements.of(cell)
        matches(images).save(one.results[0].matches)
    paired = PairedRuns(tmp_path)
    judged = judge_claim("tinypaper", claim(ABOVE), measurements, paired).on_reproduced
    assert judged.holds == "inconclusive"
    assert "not evaluated on the same images and people" in judged.reason


def matches(images: int) -> Matches:
    return matches_of(evaluated(*scenes(images, images), range(images)))


# ---------------------------------------------------------------- the papers


def test_the_margin_of_a_claim_is_the_one_last_registered_for_its_tier() -> None:
    entries = [("smoke", 1.0), ("lab", 3.0), ("smoke", 2.0)]
    made = SimpleNamespace(registered=[SimpleNamespace(tier=t, margin=m) for t, m in entries])
    assert registered_margin(made, "smoke") == 2.0
    assert registered_margin(made, "lab") == 3.0
    assert registered_margin(claim(ABOVE), "smoke") == MARGIN


def test_every_claim_of_the_papers_can_be_judged_on_trainings(make) -> None:
    """At full size with three seeds, and with synthetic data: no expression is beyond the arithmetic."""
    catalog = load_catalog()
    for tier in ("full", "smoke"):
        found = {}
        for cell in catalog.cells():
            if cell.run and cell.number and cell.column.kind == "accuracy":
                for seed in range(3):
                    file = f"results/{tier}/{cell.run}/{seed}.json"
                    one = found.setdefault(file, {"seed": seed, "run": cell.run})
                    one[cell.result_key] = cell.number.value + seed / 10
        results = {
            file: make.trained(
                one.pop("run"), one.pop("seed"), 0.0, tier,
                metrics=one, protocol=protocol_for(tier),
            )
            for file, one in found.items()
        }  # fmt: skip
        measurements = Measurements(catalog, ResultIndex(Memory(results)))
        words = {judge_claim(*one, measurements).on_reproduced.holds for one in catalog.claims()}
        assert {"open", "inconclusive"} <= words


def protocol_for(tier: str) -> dict[str, str]:
    stated = {"decoding": "dark", "trained_on": "coco-train2017", "scales": "single"}
    return {**PRINTED, **stated} if tier == "full" else {"data": "coco-synthetic"}


def test_a_ratio_of_an_extreme_has_the_interval_of_its_parts(judge: Judge) -> None:
    """Where two networks tie for the largest there is no slope: the ends of the parts are combined."""
    judged = judge(f"times(max({LIST}), {C})", "2", a=[76.0] * 3, b=[76.0] * 3, c=[38.0] * 3)
    assert judged.value == pytest.approx(2.0)
    low, high = judged.interval
    assert 1.9 < low < 2.0 < high < 2.1
