"""What an answer says beside its word, and the forms that it takes apart: sentences, confidence, ratios, places."""

import ast
from typing import Any

import pytest

from bench.judge.claims.arithmetic import Evaluation
from bench.judge.claims.choice import some
from bench.judge.claims.expressions import parse, resolve
from bench.judge.claims.speed_ratios import _linear
from bench.judge.intervals import Interval
from tests.bench.judge.claims.test_trained import ABOVE, LIST, MORE, NEAR, SAME, A, B, C, judge

__all__ = ["judge"]
AMONG = f"{B} > max({A}, {C})"
#: Near enough to be decided with some doubt: 0.3 and 0.4 above, known to 0.24.
DOUBT = {"a": [76.1] * 3, "b": [76.4] * 3, "c": [76.0] * 3}
FPS_A, FPS_B = "[1/tiny-a/fps]", "[1/tiny-b/fps]"


@pytest.mark.parametrize(
    ("expression", "claimed", "reason"),
    [
        (ABOVE, None, "difference +1.00 [+0.75, +1.25], 3 seeds each"),
        (f"argmax({LIST})", "2", "difference +1.00 [+0.75, +1.25], 3 seeds each"),
        (AMONG, None, "smallest of 2 differences +1.00 [+0.75, +1.25], 3 seeds each"),
        (SAME, None, "difference +1.00 [+0.75, +1.25], 3 seeds each; equal within ±0.5"),
        (MORE, "1.0", "claimed 1.0 (nearest); the cells give 1, between 0.7516 and 1.248 "
            "(3 seeds each); allowed 0.45 to 1.55"),
        (f"{B} > 75 and 1 < 2", None, "difference +1.00 [+0.75, +1.25], 3 seeds each"),
    ],
)  # fmt: skip
def test_the_reason_is_a_sentence_with_its_numbers(judge: Any, expression, claimed, reason) -> None:
    assert judge(expression, claimed, **NEAR).reason == reason


def test_a_place_that_is_not_in_the_list_is_not_counted_from_its_end(judge: Any) -> None:
    assert judge(f"argmax({LIST}) == 0", **NEAR).holds == "fails"
    small = judge(f"argmax({LIST}) == 0", tier="smoke", **NEAR)
    assert small.holds == "open"
    assert small.reason.startswith("position 0 is not among the 2 cells of the list; synthetic")


def test_the_sign_of_what_has_no_slope_is_kept(judge: Any) -> None:
    found = judge(f"-abs({A} - {B})", "-1.0", **NEAR)
    assert (found.holds, found.value) == ("holds", -1.0)
    assert found.interval == pytest.approx((-1.25, -0.75), abs=0.002)


@pytest.mark.parametrize("tier", ["full", "smoke"])
def test_errors_of_several_comparisons_add_up(judge: Any, tier: str) -> None:
    scale = 1.0 if tier == "full" else 2.0 / 0.15  # the deviations between seeds
    seeds = {net: [76.0 + scale * (ap - 76.0) for ap in aps] for net, aps in DOUBT.items()}
    one, two = (judge(f"{B} > {less}", tier=tier, **seeds).confidence for less in (A, C))
    assert 0.9 < one < two < 1.0
    both = pytest.approx(one + two - 1.0)
    assert judge(AMONG, tier=tier, **seeds).confidence == both
    assert judge(f"{B} > {A} and {B} > {C}", tier=tier, **seeds).confidence == both
    assert judge(f"{B} > {A} or {B} > {C}", tier=tier, **seeds).confidence == two


def test_an_order_is_refuted_at_the_level_of_all_comparisons(judge: Any) -> None:
    """3.8 is beyond 3.2 and the margin of 0.5, and not beyond one of three: 2.39 * 2 * sqrt(2 / 3) = 3.9."""
    seeds = {"a": [48.8] * 3, "b": [45.0] * 3}
    assert judge(ABOVE, tier="smoke", **seeds).holds == "contradicts"
    thrice = judge(f"{ABOVE} and {ABOVE} and {ABOVE}", tier="smoke", **seeds)
    assert thrice.holds == "inconclusive"


@pytest.mark.parametrize(
    "form",
    [
        "percent_more({a}, {b})",
        "percent_less({a}, {b})",
        "-percent_more({a}, {b})",
        "+percent_less({a}, {b})",
        "({a} - {b}) / {b}",
        "({a} - {b}) / {a}",
        "100 * {a} / {b}",
        "100 * ({a} / {b} - 1)",
        "({a} / {b}) * 3",
        "{a} / {b} / 4",
        "1 + {a} / {b}",
        "{a} / {b} + 2",
        "7 - 2 * percent_more({a}, {b})",
    ],
)
def test_a_form_of_a_ratio_is_a_multiple_of_it_and_a_number(tiny, form: str) -> None:
    resolved = resolve(parse(form.format(a=FPS_A, b=FPS_B)), tiny, "tinypaper")
    central = {name: 12.0 if "tiny-a" in name else 10.0 for name in resolved.cells}
    points = {name: Interval.point(value) for name, value in central.items()}
    evaluation = Evaluation(resolved, points, central)
    found = _linear(evaluation, resolved.expression.tree)
    ratio = evaluation.best(found.node)
    assert isinstance(found.node, ast.BinOp)
    assert min(ratio, 1.0 / ratio) == pytest.approx(1.0 / 1.2)
    whole = evaluation.best(resolved.expression.tree)
    assert found.scale * ratio + found.shift == pytest.approx(whole)
    assert found.solve(whole) == pytest.approx(ratio)


def test_three_names_are_given_and_the_others_counted() -> None:
    assert some(["a", "b", "c"]) == "a, b, c"
    assert some(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
