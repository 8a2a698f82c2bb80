"""The language of claims: what it accepts, what it rejects and where, and what it computes."""

import contextlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import CatalogError
from bench.judge.claims.arithmetic import Evaluation
from bench.judge.claims.expressions import FUNCTIONS, parse, resolve
from bench.judge.intervals import Interval


def evaluate(catalog, text: str):
    """(number, interval) or three-valued truth on printed cells."""
    resolved = resolve(parse(text), catalog, "tinypaper")
    spans = {
        n: Interval.around(c.number.value, c.number.half_step) for n, c in resolved.cells.items()
    }
    central = {n: c.number.value for n, c in resolved.cells.items()}
    evaluation = Evaluation(resolved, spans, central, printed=True)
    tree = resolved.expression.tree
    if resolved.expression.kind == "truth":
        return evaluation.truth(tree)
    reach = evaluation.number(tree)
    return evaluation.best(tree), (reach.low, reach.high)


@pytest.mark.parametrize(
    ("text", "value", "low", "high"),
    [
        ("[1/tiny-b/ap] - [1/tiny-a/ap]", 0.2, 0.1, 0.3),
        ("[tinypaper:1/tiny-a/ap]", 75.8, 75.75, 75.85),
        (
            "percent_less([1/tiny-a/params], [1/tiny-b/params])",
            20.0,
            100 * (1 - 5.25 / 6.45),
            100 * (1 - 5.15 / 6.55),
        ),
        (
            "percent_more([1/tiny-b/params], [1/tiny-a/params])",
            25.0,
            100 * (6.45 / 5.25 - 1),
            100 * (6.55 / 5.15 - 1),
        ),
        ("times([1/tiny-a/fps], [1/tiny-b/fps])", 1.5, 89.5 / 60.5, 90.5 / 59.5),
        ("max([1/*/ap])", 76.0, 75.95, 76.05),
        ("min([1/*/ap])", 73.0, 72.95, 73.05),
        ("mean([1/tiny-*/ap])", 75.9, 75.85, 75.95),
        ("sum([1/tiny-*/ap])", 151.8, 151.7, 151.9),
        ("count([1/*/params])", 3, 3, 3),
        ("spread([1/tiny-*/ap])", 0.2, 0.1, 0.3),
        ("argmax([1/*/ap])", 4, 4, 4),
        ("argmin([1/*/ap])", 2, 2, 2),
        ("abs([1/tiny-a/ap] - [1/tiny-b/ap])", 0.2, 0.1, 0.3),
        ("max(1, 2, -3) + +1", 3, 3, 3),
        ("max(others([1/*/ap], [1/tiny-b/ap]))", 75.8, 75.75, 75.85),
        ("mean([1/tiny-a/ap*])", (75.8 + 91.0) / 2, 83.35, 83.45),
    ],
)
def test_values_and_what_rounding_allows_are_those_of_a_hand_count(
    tiny, text, value, low, high
) -> None:
    found, reach = evaluate(tiny, text)
    assert found == pytest.approx(value)
    assert reach == pytest.approx((low, high))


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("[1/tiny-b/ap] > max(others([1/*/ap], [1/tiny-b/ap]))", True),
        ("max(others([1/*/ap], [1/tiny-b/ap])) < [1/tiny-b/ap]", True),
        ("[1/tiny-b/ap] > max(others(others([1/*/ap], [1/rival/ap]), [1/tiny-b/ap]))", True),
        ("[1/tiny-b/ap] > max(others([1/*/ap], [1/tiny-b/ap])) + [1/tiny-b/ap] - 75.9", True),
        ("[1/tiny-b/ap] >= max(others([1/*/ap], [1/tiny-a/ap]))", True),  # itself among them
    ],
)
def test_a_cell_that_is_left_out_of_a_side_is_not_on_it(tiny, text, truth) -> None:
    """75.9 and 75.8 only touch, so they differ; a cell on both sides is compared by the difference."""
    resolved = resolve(parse(text), tiny, "tinypaper")
    printed = {name: 75.9 if "tiny-b" in name else 75.8 for name in resolved.cells}
    spans = {name: Interval.around(value, 0.05) for name, value in printed.items()}
    assert Evaluation(resolved, spans, printed).truth(resolved.expression.tree) is truth


def test_a_cell_that_occurs_twice_is_one_value(tiny) -> None:
    assert evaluate(tiny, "[1/tiny-a/ap] - [1/tiny-a/ap]")[1] == (0.0, 0.0)
    assert evaluate(tiny, "[1/tiny-a/ap] / [1/tiny-a/ap]")[1] == (1.0, 1.0)
    # a/(a+b) rises with a and falls with b: extremes at the corners of the box
    low, high = evaluate(tiny, "[1/tiny-a/fps] / ([1/tiny-a/fps] + [1/tiny-b/fps])")[1]
    assert (low, high) == pytest.approx((89.5 / (89.5 + 60.5), 90.5 / (90.5 + 59.5)))
    assert evaluate(tiny, "[1/tiny-a/ap] < [1/tiny-a/ap] + 0.01") is True


@given(st.lists(st.floats(-1, 1), min_size=4, max_size=4))
def test_every_number_that_rounding_allows_is_reached_by_some_cells(tiny, shifts) -> None:
    text = "percent_less([1/tiny-a/fps], [1/rival/fps]) * [1/tiny-a/ap] - [1/rival/fps] / [1/tiny-b/ap]"
    resolved = resolve(parse(text), tiny, "tinypaper")
    numbers = {name: cell.number for name, cell in resolved.cells.items()}
    spans = {n: Interval.around(x.value, x.half_step) for n, x in numbers.items()}
    reach = Evaluation(resolved, spans, {}).number(resolved.expression.tree)
    moved = {
        n: x.value + s * x.half_step for (n, x), s in zip(numbers.items(), shifts, strict=True)
    }
    assert Evaluation(resolved, {}, moved).best(resolved.expression.tree) in reach


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("[1/tiny-a/ap] < [1/tiny-b/ap]", True),
        ("[1/tiny-a/ap] > [1/tiny-b/ap]", False),
        ("[1/tiny-b/ap] > 75.9", True),
        ("[1/tiny-b/ap] > 75.95", None),
        ("[1/tiny-b/ap] > 76", None),
        ("[1/tiny-b/ap] >= 76", True),
        ("[1/tiny-b/ap] - [1/tiny-a/ap] <= 0.3", True),  # at most 76.05 - 75.75, the bound itself
        ("[1/tiny-b/ap] - [1/tiny-a/ap] < 0.3", None),
        ("[1/tiny-b/ap] - [1/tiny-a/ap] >= 0.3", None),
        ("[1/tiny-b/ap] - [1/tiny-a/ap] > 0.3", False),
        ("[1/tiny-b/ap] - [1/tiny-a/ap] >= 0.1", True),
        ("[1/tiny-b/ap] - [1/tiny-a/ap] > 0.1", None),
        ("[1/tiny-b/ap] - [1/tiny-a/ap] <= 0.1", None),
        ("[1/tiny-b/ap] - [1/tiny-a/ap] < 0.1", False),
        ("[1/tiny-b/ap] - [1/tiny-a/ap] <= 0.2", True),  # as printed
        ("[1/tiny-b/ap] - [1/tiny-a/ap] < 0.2", None),
        ("not ([1/tiny-b/ap] - [1/tiny-a/ap] > 0.3)", True),
        ("[1/tiny-b/ap] == 76.02", True),
        ("[1/tiny-b/ap] == 76.2", False),
        ("70 < [1/tiny-a/ap] < [1/tiny-b/ap] < 80", True),
        ("70 < [1/tiny-a/ap] < [1/tiny-b/ap] < 76", None),
        ("best([1/tiny-b/ap], [1/*/ap])", True),
        ("best([1/tiny-a/ap], [1/*/ap])", False),
        ("best([1/tiny-a/params], [1/*/params])", True),
        ("best([1/tiny-b/params], [1/*/params])", False),
        ("rising([1/tiny-*/ap])", True),
        ("falling([1/tiny-*/ap])", False),
        ("falling([1/tiny-*/fps])", True),
        ("argmax([1/*/ap]) == 4", True),
        ("argmax([1/*/ap]) < 4", False),
        ("argmin([1/*/ap]) == 2", True),
        ("[1/tiny-b/ap] > 76 or [1/tiny-a/ap] > 70", True),
        ("[1/tiny-b/ap] > 76 and [1/tiny-a/ap] > 70", None),
        ("[1/tiny-b/ap] > 76 and [1/tiny-a/ap] > 80", False),
        ("not [1/tiny-a/ap] > 80", True),
        ("not ([1/tiny-b/ap] > 76)", None),
    ],
)
def test_comparisons_hold_fail_or_stay_open_as_rounding_allows(tiny, text, truth) -> None:
    assert evaluate(tiny, text) is truth


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("argmax([1/*/ap]) == 1", True),
        ("argmax([1/*/ap]) == 2", False),  # between the two possible positions
        ("argmax([1/*/ap]) == 3", True),
        ("argmax([1/*/ap]) == 2 or argmax([1/*/ap]) == 4", False),
        ("argmax([1/*/ap]) < 3", None),
        ("argmax([1/*/ap]) < 4", True),
        ("argmax([1/*/ap]) + 1 == 3", False),
    ],
)
def test_a_position_is_one_of_those_possible_and_none_between(tiny, text, truth) -> None:
    """Cells 75.0, 70.0, 75.0, 60.0."""
    resolved = resolve(parse(text), tiny, "tinypaper")
    central = dict(zip(resolved.cells, (75.0, 70.0, 75.0, 60.0), strict=True))
    spans = {name: Interval.around(value, 0.05) for name, value in central.items()}
    evaluation = Evaluation(resolved, spans, central, printed=True)
    assert evaluation.truth(resolved.expression.tree) is truth


@pytest.mark.parametrize(
    ("text", "truth"), [("{b} >= {a}", None), ("best({b}, [1/tiny-*/ap])", None)]
)
def test_only_printed_numbers_are_no_worse_for_being_alike(tiny, text, truth) -> None:
    """Measured, 76.0 and 76.0 and 76.0 and 76.1 have one answer: their intervals overlap."""
    a, b = "[1/tiny-a/ap]", "[1/tiny-b/ap]"
    resolved = resolve(parse(text.format(a=a, b=b)), tiny, "tinypaper")
    for value in (76.0, 76.1):
        central = {name: value if "tiny-b" in name else 76.0 for name in resolved.cells}
        spans = {name: Interval.around(x, 0.3) for name, x in central.items()}
        measured = Evaluation(resolved, spans, central)
        assert measured.truth(resolved.expression.tree) is truth


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("", 1, "invalid syntax"),
        ("1 +", 4, "invalid syntax"),
        ("[1/tiny-a/ap", 1, "'[' has no meaning"),
        ("[1/tiny-a] + 1", 1, "is not [table/row/column]"),
        ("  foo([1/*/ap])", 3, "unknown function 'foo'; allowed are min, max"),
        ("maxx([1/*/ap])", 1, "allowed are max"),
        ("1 + ap", 5, "unknown name 'ap'"),
        ("1 + _0", 5, "'_' has no meaning"),
        ("__import__('os')", 1, "'_' has no meaning"),
        ("[1/tiny-a/ap].real", 1, "Attribute is not part"),
        ("2 ** 3", 1, "BinOp is not part"),
        ("7 % 2", 3, "'%' has no meaning"),
        ("max([1/*/ap], key=1)", 1, "Call is not part"),
        ("(lambda: 1)()", 8, "':' has no meaning"),
        ("1 if 2 else 3", 1, "IfExp is not part"),
        ("[1/*/ap] + 1", 1, "expected a number, found a list"),
        ("[1/*/ap]", 1, "not a list"),
        ("1 != 2", 1, "compare with < <= > >= =="),
        ("True", 1, "only numbers"),
        ("1 and 2", 1, "expected a truth, found a number"),
        ("not 3", 5, "expected a truth, found a number"),
        ("best([1/*/ap], [1/tiny-a/ap])", 6, "expected a cell, found a list"),
        ("max([1/tiny-a/ap])", 5, "a list is a reference with a * in it"),
        ("max()", 1, "takes a list, or two"),
        ("times(1)", 1, "times takes 2 argument(s): number, number; got 1"),
        ("9e999", 1, "too large"),
        ("1j", 1, "only numbers"),
        ("[1/tiny-a/ap]\x00", 14, "has no meaning"),
        ("é", 1, "has no meaning"),
        ("(" * 300, 201, "too many nested parentheses"),
        ("[1/tiny-c/ap]", 1, "no row 'tiny-c'; there are tiny-b, tiny-a"),
        ("1 + [1/tiny-a/app]", 5, "no column 'app'; there are ap"),
        ("[7/tiny-a/ap]", 1, "no table '7'; there are 1, 2"),
        ("[x:1/tiny-a/ap]", 1, "no paper 'x'; there are tinypaper"),
        ("sum([1/zebra-*/ap])", 5, "no row 'zebra-*'"),
        ("[1/other/params]", 1, "holds no number (printed '-')"),
        ("[1/tiny-a/input-size]", 1, "holds no number (printed '256×192')"),
    ],
)
def test_invalid_text_is_rejected_with_its_position(tiny, text, position, says) -> None:
    with pytest.raises(CatalogError) as rejected:
        resolve(parse(text), tiny, "tinypaper")
    assert f"character {position}: " in str(rejected.value)
    assert says in str(rejected.value)


@pytest.mark.parametrize(
    "text", ["-" * 900 + "1", "1" * 900, "(" * 150 + "1" + ")" * 150 + "(" * 100]
)
def test_deep_or_huge_expressions_are_one_clear_line(text) -> None:
    with pytest.raises(CatalogError) as rejected:
        parse(text)
    assert "\n" not in str(rejected.value)
    with pytest.raises(CatalogError, match="longest allowed"):
        parse("1+" * 600 + "1")


@given(st.text(alphabet="[]/*+-()<>=.,:_ 019abmaxpl\n\"'\\x", max_size=40))
def test_any_text_is_parsed_or_rejected_without_a_crash(text) -> None:
    with contextlib.suppress(CatalogError):
        assert parse(text).kind in ("number", "truth", "cell")


def test_every_function_is_tried_above() -> None:
    tried = [
        p.args[1]
        for t in (
            test_values_and_what_rounding_allows_are_those_of_a_hand_count,
            test_comparisons_hold_fail_or_stay_open_as_rounding_allows,
        )
        for p in t.pytestmark
    ]
    texts = " ".join(case[0] for case in itertools.chain(*tried))
    assert [name for name in FUNCTIONS if f"{name}(" not in texts] == []
