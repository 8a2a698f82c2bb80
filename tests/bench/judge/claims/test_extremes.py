"""Claims with `max`, `min`, `spread` and ratios of differences, `not`, and seeds that are missing."""

from collections.abc import Callable

import numpy as np
import pytest

from bench.catalog.load import Catalog
from bench.catalog.registration import Registration
from bench.judge.claims.on_paper import judge_claim
from bench.judge.evidence import Measurements
from bench.judge.records import ClaimJudgement
from bench.results.index import ResultIndex
from tests.bench.judge.claims.test_trained import A, B, C, claim
from tests.factories import Memory, timed, trained

LIST, FPS_A, FPS_B = "[1/tiny-*/ap]", "[1/tiny-a/fps]", "[1/tiny-b/fps]"
NEAR = {"a": [75.0, 75.1, 74.9], "b": [76.0, 76.1, 75.9], "c": [60.0, 60.1, 59.9]}
Judge = Callable[..., ClaimJudgement]


@pytest.fixture
def judge(tiny: Catalog) -> Judge:
    """judge(expression, claimed, rounding, tier, plan, a=[...], b=[...], c=[...]); None is a failed seed."""

    def of(expression, claimed=None, rounding="nearest", tier="full", plan=(), **seeds):
        results = {
            f"results/{tier}/{net}/seed-{n}.json": trained(
                f"tiny-{net}-coco", n, ap or 0.0, tier, failed=None if ap else "out of memory"
            )
            for net, values in seeds.items()
            for n, ap in enumerate(values)
        }
        made = claim(expression, claimed, rounding).model_copy(update={"registered": plan})
        measurements = Measurements(tiny, ResultIndex(Memory(results)))
        return judge_claim("tinypaper", made, measurements).on_reproduced

    return of


# ---------------------------------------------------------------- extremes are extremes of differences


@pytest.mark.parametrize("tier", ["smoke", "lab", "full"])
@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"best({B}, {LIST})", f"{B} >= max({LIST})"),
        (f"best({B}, {LIST})", f"{B} > max([1/tiny-a/ap], [1/tiny-a/ap])"),
        (f"{A} > {C} and {B} > {C}", f"min({LIST}) > {C}"),
        (f"{A} > {C}", f"{C} < {A}"),
    ],
)
@pytest.mark.parametrize("gap", [0.0, 0.4, 0.7, 4.0, 30.0, -30.0])
def test_one_order_written_in_two_ways_has_one_word(judge, one, other, tier, gap) -> None:
    seeds = {"a": [60.3, 60.0, 59.8], "b": [60.0 + gap, 60.2 + gap, 60.1 + gap], "c": [58.0] * 3}
    words = [judge(text, tier=tier, **seeds).holds for text in (one, other)]
    assert words[0] == words[1]


def test_an_extreme_is_as_certain_as_the_differences_in_it(judge) -> None:
    """b - c is 16 +- 0.25 alone; two differences together, at 97.5 %: +- 0.36, where Student's t of 2 is 6.2."""
    judged = judge(f"max({LIST}) - {C}", "16", **NEAR)
    assert judged.interval == pytest.approx((16 - 0.3583, 16 + 0.3583), abs=1e-3)
    judged = judge(f"spread({LIST})", "1.0", **NEAR)  # one pair, at 95 %
    assert judged.interval == pytest.approx((0.7516, 1.2484), abs=1e-3)
    assert judge(f"max({LIST}) - min({LIST})", "1.0", **NEAR).interval == judged.interval


@pytest.mark.parametrize(
    ("expression", "claimed", "rounding", "holds"),
    [
        (f"max({LIST}) - {C}", "15.7", "at-least", "inconclusive"),
        (f"max({LIST}) - {C}", "15.6", "at-least", "holds"),
        (f"min({LIST}) - {C}", "14.7", "at-least", "holds"),
        (f"max({LIST}) - {C} <= 16.3", None, "nearest", "holds"),  # of each difference
        (f"max({LIST}) - {C} <= 15.5", None, "nearest", "fails"),
        (f"spread({LIST}) < 1.3", None, "nearest", "holds"),
        (f"spread({LIST}) < 0.7", None, "nearest", "fails"),
        (f"spread({LIST}) < 1.1", None, "nearest", "inconclusive"),
        (f"{A} > max({LIST})", None, "nearest", "fails"),
        (f"{B} > max({LIST})", None, "nearest", "fails"),  # not above itself
        (f"max({LIST}) >= max({A}, {C})", None, "nearest", "holds"),
        (f"2 * max({LIST}) - {A} - {B} >= 0.5", None, "nearest", "holds"),
        (f"{A} - max({LIST}) <= -0.5", None, "nearest", "holds"),
        (f"-max({LIST}) + {C} <= -15.5", None, "nearest", "holds"),
        (f"-min({LIST}) + {B} >= 0.5", None, "nearest", "holds"),
        (f"-min({LIST}) + {B} <= 0.5", None, "nearest", "fails"),
        (f"{C} < {A} < {B}", None, "nearest", "holds"),
        (f"{C} < {B} < {A}", None, "nearest", "fails"),
        (f"argmax({LIST}) == 2", None, "nearest", "holds"),
        (f"2 == argmax({LIST})", None, "nearest", "holds"),
        (f"argmax({LIST}) == 1", None, "nearest", "fails"),
    ],
)
def test_extremes_at_full_size(judge, expression, claimed, rounding, holds) -> None:
    assert judge(expression, claimed, rounding, **NEAR).holds == holds


@pytest.mark.parametrize("deviation", [0.2, 1.0])
@pytest.mark.parametrize(
    ("means", "expression"),
    [  # each false by a hair, so that "holds" is wrong
        ({"a": 70.0, "b": 70.0, "c": 70.0}, f"max({LIST}) > {C}"),
        ({"a": 70.0, "b": 70.5, "c": 70.0}, f"spread({LIST}) < 0.5"),
        ({"a": 70.0, "b": 71.0, "c": 70.0}, f"min({LIST}) > {C}"),
    ],
)
def test_extremes_are_seldom_wrong(judge, means, expression, deviation) -> None:
    draw = np.random.default_rng(1)
    seeds = [{n: draw.normal(m, deviation, 5) for n, m in means.items()} for _ in range(100)]
    words = [judge(expression, **{n: list(v) for n, v in one.items()}).holds for one in seeds]
    assert words.count("holds") <= 8


# ---------------------------------------------------------------- ratios


def test_a_ratio_whose_denominator_may_be_zero_is_no_evidence(judge) -> None:
    """1 / 0.1 = 10 once "held" a claimed 0.5: the margin of half a point, times its slope, allowed -77 to 78."""
    seeds = {"a": [75.0, 75.1, 75.2], "b": [76.0, 76.1, 76.2], "c": [75.9, 76.1, 76.0]}
    judged = judge(f"({B} - {A}) / ({B} - {C})", "0.5", **seeds)
    assert (judged.holds, judged.reason) == ("open", "division by [-0.4, 0.6], which holds zero")
    # here the margin alone reaches zero: 0.4 points, certain to 0.25
    near = {"a": NEAR["a"], "b": NEAR["b"], "c": [75.6, 75.7, 75.5]}
    assert judge(f"({B} - {A}) / ({B} - {C})", "2.5", **near).holds == "open"
    assert judge(f"times({B}, {C})", "1.4", tier="smoke", b=[70.0] * 3, c=[0.1] * 3).holds == "open"


# ---------------------------------------------------------------- not


def test_a_size_of_speeds_and_its_opposite_never_both_hold(tiny: Catalog) -> None:
    for ratio in (1.2, 1.4, 1.45, 1.5, 1.6, 2.0):
        for machine, device in (("2 cores", "cpu"), ("Tesla T4", "cuda")):
            timing = timed(machine, device, tiny_a=10.0, tiny_b=10.0 * ratio)
            measurements = Measurements(tiny, ResultIndex(Memory({"results/timed/x.json": timing})))
            size = f"{FPS_A} >= 1.5 * {FPS_B}"
            made = (claim(text) for text in (size, f"not {size}"))
            words = [judge_claim("tinypaper", c, measurements).on_reproduced.holds for c in made]
            opposite = {"holds": "fails", "fails": "holds", "inconclusive": "inconclusive"}
            if device == "cpu":  # which refutes nothing
                opposite |= {"holds": "not-on-this-machine", "not-on-this-machine": "holds"}
            assert words[1] == opposite[words[0]]


def test_the_confidence_of_an_order_is_not_that_of_its_opposite(judge) -> None:
    judged = judge(f"not argmax({LIST}) == 1", **NEAR)
    assert (judged.holds, judged.confidence) == ("holds", None)


def test_not_and_is_or_and_as_careful(judge) -> None:
    """At 95 % either alternative is certain to 0.25 points; as one of two, to 0.28."""
    seeds = {**NEAR, "b": [75.26, 75.36, 75.16], "c": [75.26, 75.36, 75.16]}
    assert judge(f"{A} < {B}", **seeds).holds == "holds"
    for text in (f"{A} < {B} or {A} < {C}", f"not ({A} >= {B} and {A} >= {C})"):
        assert judge(text, **seeds).holds == "inconclusive"


# ---------------------------------------------------------------- seeds that are missing


def test_seeds_that_failed_are_named_with_a_claim(judge) -> None:
    judged = judge(f"{B} > {A}", a=NEAR["a"], b=[*NEAR["b"], None])
    assert judged.holds == "holds"
    assert judged.reason.endswith("; tiny-b-coco: seed 3 failed: out of memory")


@pytest.mark.parametrize(
    ("seeds", "holds"), [(2, "supports"), (3, "supports"), (4, "inconclusive")]
)
def test_no_word_before_all_registered_seeds_are_there(judge, seeds, holds) -> None:
    plan = {"tier": "lab", "date": "2026-11-30", "metric": "AP", "margin": 0.5, "seeds": seeds}
    one = Registration.model_validate({**plan, "digest": "0" * 12})
    values = {"a": [30.0, 30.5, 31.0], "b": [60.0, 60.5, 61.0, 61.5]}
    judged = judge(f"{B} > {A}", tier="lab", plan=(one,), **values)
    assert judged.holds == holds
    assert ("3 of the 4 registered seeds" in judged.reason) is (seeds == 4)
    assert judge(f"{B} > {A}", tier="smoke", plan=(one,), **values).holds == "supports"


# ---------------------------------------------------------------- unlike input sizes


def test_networks_of_one_printed_input_size_are_not_compared_at_two(tiny: Catalog) -> None:
    """LOFR's better backbones of one printed size were tried at 64x64 and at 64x48."""
    sizes = {"a": "64x48", "b": "64x64", "c": "64x48"}
    results = {
        f"results/smoke/{net}/seed-{n}.json": trained(
            f"tiny-{net}-coco", n, 30.0 + n + 30.0 * (net == "b"),
            protocol={"data": "synthetic-easy", "input_size": size},
        )
        for net, size in sizes.items() for n in range(3)
    }  # fmt: skip
    measurements = Measurements(tiny, ResultIndex(Memory(results)))
    judged = judge_claim("tinypaper", claim(f"{B} > {A}"), measurements).on_reproduced
    words = "measured under different protocols: input_size is 64x48 and 64x64"
    assert (judged.holds, judged.reason) == ("open", words)
