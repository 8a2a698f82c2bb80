"""Claims on the paper's own numbers and on reproduced ones, against verdicts worked out by hand."""

import re
from pathlib import Path
from typing import Any

import pytest

from bench.catalog.load import load_catalog
from bench.catalog.schema import Claim
from bench.errors import CatalogError
from bench.judge.claims.on_paper import check_claims, judge_claim
from bench.judge.evidence import Measurements
from bench.judge.statistics import Estimate
from bench.results.index import ResultIndex
from bench.results.store import Store


def claim(expression: str, claimed: str | None = None, rounding: str = "nearest") -> Claim:
    return Claim.model_validate(
        {
            "id": "one",
            "where": "p. 1",
            "claim": "something",
            "expression": expression,
            "claimed": claimed,
            "rounding": rounding,
        }
    )


@pytest.fixture
def judge(tiny, store) -> Any:
    """judge(expression, claimed, rounding) on the results in the store."""

    def of(
        expression: str, claimed: str | None = None, rounding: str = "nearest", paired: Any = None
    ):
        measurements = Measurements(tiny, ResultIndex(store))
        return judge_claim("tinypaper", claim(expression, claimed, rounding), measurements, paired)

    return of


MORE = "[1/tiny-b/ap] - [1/tiny-a/ap]"
SMALL = {"holds": "supports", "fails": "contradicts"}  # what synthetic data say instead


@pytest.mark.parametrize(
    ("expression", "claimed", "rounding", "holds"),
    [
        (MORE, "0.2", "nearest", "holds"),
        (MORE, "0.3", "nearest", "holds"),  # 76.04 - 75.76 = 0.28
        (MORE, "0.4", "nearest", "fails"),  # at most 0.3, and 0.4 begins at 0.35
        (MORE, "0.25", "floor", "holds"),
        (MORE, "0.3", "floor", "inconclusive"),  # touching only, at the closed end
        (MORE, "0.09", "floor", "fails"),  # below 0.10, the open end
        (MORE, "0.3", "ceil", "holds"),
        (MORE, "0.1", "ceil", "inconclusive"),
        (MORE, "0.3", "at-least", "inconclusive"),
        (MORE, "0.31", "at-least", "fails"),
        (MORE, "0.29", "at-least", "holds"),
        (MORE, "0.1", "at-most", "inconclusive"),
        (MORE, "0.09", "at-most", "fails"),
        (MORE, "0.15", "at-most", "holds"),
        ("[1/tiny-a/fps]", "86", "about", "holds"),
        ("[1/tiny-a/fps]", "80", "about", "fails"),
        ("percent_less([1/tiny-b/params], [1/rival/params])", "77", "nearest", "holds"),  # 77.19
        ("percent_less([1/tiny-b/params], [1/rival/params])", "78", "nearest", "fails"),
        ("[1/tiny-b/ap] > [1/tiny-a/ap]", None, "nearest", "holds"),
        ("[1/tiny-b/ap] > 76", None, "nearest", "inconclusive"),
        ("[1/tiny-b/ap] < 75", None, "nearest", "fails"),
    ],
)
def test_on_paper_a_claim_holds_if_rounding_can_reach_it(
    judge, expression, claimed, rounding, holds
) -> None:
    judged = judge(expression, claimed, rounding)
    assert judged.on_paper.holds == holds
    assert judged.on_paper.evidence == "paper"
    assert judged.on_reproduced.holds == "open"
    assert "not measured" in judged.on_reproduced.reason


def test_on_paper_the_value_is_the_one_of_a_pocket_calculator(judge) -> None:
    assert judge(MORE, "0.2").on_paper.value == 0.2
    assert judge(MORE, "0.2").on_paper.interval == (0.1, 0.3)
    assert judge("[1/tiny-b/ap] > 70").on_paper.value is None


@pytest.mark.parametrize(
    ("expression", "claimed", "says"),
    [
        ("[1/tiny-b/ap] > 70", "70", "leave `claimed` out"),
        ("[1/tiny-b/ap] - 70", None, "add `claimed`"),
        ("1 < 2", None, "names no cell"),
        ("[1/tiny-b/ap] / 0", "1", "division by"),
        ("[1/tiny-x/ap] > 1", None, "no row 'tiny-x'"),
    ],
)
def test_a_claim_that_cannot_be_judged_is_named_with_its_file(
    tiny, expression, claimed, says
) -> None:
    paper = tiny.papers["tinypaper"]
    wrong = paper.model_copy(update={"claims": (*paper.claims, claim(expression, claimed))})
    catalog = type(tiny)(papers={"tinypaper": wrong}, folders=tiny.folders)
    with pytest.raises(CatalogError, match="claim 'one'") as rejected:
        check_claims(catalog)
    assert says in str(rejected.value)


def test_all_claims_of_the_tiny_paper_can_be_judged(tiny) -> None:
    check_claims(tiny)


# ---------------------------------------------------------------- counts


def test_counts_are_judged_exactly(judge, fill, make) -> None:
    fill(make.counted("tiny-a", 5_200_000), make.counted("tiny-b", 6_700_000))
    smaller = "percent_less([1/tiny-a/params], [1/tiny-b/params])"
    judged = judge(smaller, "20").on_reproduced
    assert (judged.holds, judged.evidence) == ("fails", "counted")
    assert judged.value == pytest.approx(100 * (1 - 52 / 67))
    assert judge(smaller, "22").on_reproduced.holds == "holds"
    assert judge("[1/tiny-a/params] < [1/tiny-b/params]").on_reproduced.holds == "holds"
    assert judge("[1/tiny-a/params] == [1/tiny-b/params]").on_reproduced.holds == "fails"


def test_counts_that_print_alike_are_equal(judge, fill, make) -> None:
    fill(make.counted("tiny-a", 5_200_000), make.counted("tiny-b", 5_210_000))
    assert judge("[1/tiny-a/params] == [1/tiny-b/params]").on_reproduced.holds == "holds"


def test_parameters_of_one_claim_are_counted_by_one_rule(judge, fill, make) -> None:
    # without the embedding both round to the printed 5.2 and 6.5; with it neither does
    fill(make.counted("tiny-a", 5_400_000, 200_000), make.counted("tiny-b", 6_700_000, 200_000))
    judged = judge("[1/tiny-b/params] - [1/tiny-a/params]", "1.3").on_reproduced
    assert judged.value == pytest.approx(1.3)
    judged = judge("[1/tiny-b/params] + [1/tiny-a/params]", "11.7").on_reproduced
    assert judged.value == pytest.approx(11.7)
    fill(make.counted("tiny-a", 5_200_000, 200_000), make.counted("tiny-b", 6_500_000, 200_000))
    judged = judge("[1/tiny-b/params] + [1/tiny-a/params]", "11.7").on_reproduced
    assert judged.value == pytest.approx(11.7)  # and here with it


def test_an_order_that_counts_miss_is_not_within_rounding(judge, fill, make) -> None:
    """Printed 5.2 and 6.5, counted 6.49 and 6.46: the digits of both would allow it, an order does not."""
    fill(make.counted("tiny-a", 6_490_000), make.counted("tiny-b", 6_460_000))
    assert judge("rising([1/tiny-*/params])").on_reproduced.holds == "fails"
    assert judge("[1/tiny-a/params] < [1/tiny-b/params]").on_reproduced.holds == "fails"


def test_a_claim_with_one_cell_unmeasured_stays_open(judge, fill, make) -> None:
    fill(make.counted("tiny-a", 5_200_000))
    judged = judge("[1/tiny-a/params] < [1/tiny-b/params]").on_reproduced
    assert judged.holds == "open"
    assert "tinypaper-1/tiny-b/params" in judged.reason


A, B, RIVAL = "[1/tiny-a/flops]", "[1/tiny-b/flops]", "[1/rival/flops]"


@pytest.mark.parametrize(
    ("expression", "claimed", "holds", "says"),
    [
        (f"{A} < {B}", None, "holds", "by each of doubled, macs, other"),
        (f"{A} > {B}", None, "fails", "by each of doubled, macs, other"),
        (f"times({B}, {A})", "1.3", "open", "doubled and macs would give the claimed value"),
        (f"times({B}, {A})", "3", "fails", "by each of"),
        (A, "8.0", "open", "doubled would give the claimed value"),
        (A, "9.0", "open", "no known rule would give the claimed value"),
        (f"{A} < {RIVAL}", None, "open", "is known for tinypaper-1/tiny-a/flops; other cells use doubled"),
    ],
)  # fmt: skip
def test_flops_of_an_unnamed_rule_are_judged_only_where_every_rule_agrees(
    ruleless, fill, make, expression, claimed, holds, says
) -> None:
    # A 4.0, B 5.2; doubled 8.0, 10.4; other 5.0, 5.9 (ratio 1.18); the rival 7.1 by its own rule
    for name, macs, other in (("tiny-a", 4.0, 5.0), ("tiny-b", 5.2, 5.9), ("rival-w32", 3.55, 3.0)):
        counted = make.counted(name, 5_200_000, macs=int(macs * 1e9))
        flops = {"macs": macs, "doubled": 2 * macs, "other": other}
        store = fill(counted.model_copy(update={"flops": flops}))
    one = claim(expression, claimed)
    judged = judge_claim("tinypaper", one, Measurements(ruleless, ResultIndex(store))).on_reproduced
    assert judged.holds == holds
    assert says in judged.reason


def test_flops_of_one_named_rule_are_judged_by_it(judge, fill, make) -> None:
    fill(make.counted("tiny-a", 5, flops=8.0), make.counted("tiny-b", 6, flops=10.4))
    assert judge(A, "8.0").on_reproduced.holds == "holds"
    assert judge(f"times({B}, {A})", "1.2").on_reproduced.holds == "fails"


# ---------------------------------------------------------------- accuracies


def seeds(
    make: Any, a: list[float], b: list[float], tier: str = "smoke", **changes: Any
) -> list[Any]:
    pairs = [("tiny-a-coco", a), ("tiny-b-coco", b)]
    return [
        make.trained(run, n, ap, tier, **changes) for run, aps in pairs for n, ap in enumerate(aps)
    ]


@pytest.mark.parametrize("tier", ["smoke", "lab"])
@pytest.mark.parametrize(
    ("a", "b", "holds"),
    [
        ([38.0, 39.0, 38.5], [45.0, 45.5, 44.8], "holds"),
        ([45.0, 45.5, 44.8], [38.0, 39.0, 38.5], "fails"),
        ([38.0, 45.0, 40.0], [39.0, 44.0, 42.0], "inconclusive"),
        ([38.0], [45.0], "inconclusive"),
    ],
)
@pytest.mark.parametrize(("expression", "claimed"), [(MORE, "0.2"), ("[1/tiny-b/ap] > [1/tiny-a/ap]", None),
                         ("best([1/tiny-b/ap], [1/tiny-*/ap])", None), ("rising([1/tiny-*/ap])", None),
                         ("argmax([1/tiny-*/ap])", "2"), ("argmax([1/tiny-*/ap]) == 2", None),
                         ("times([1/tiny-b/ap], [1/tiny-a/ap])", "1.4")])  # fmt: skip
def test_synthetic_data_judge_orderings_with_seeds(
    judge, fill, make, tier, a, b, holds, expression, claimed
) -> None:
    fill(*seeds(make, a, b, tier))
    judged = judge(expression, claimed).on_reproduced
    assert (judged.holds, judged.evidence) == (SMALL.get(holds, holds), tier)
    assert f"synthetic data, {'direction' if claimed else 'ordering'} only" in judged.reason
    if holds == "holds":
        assert judged.confidence > 0.975
        assert "3 seeds each" in judged.reason
    if len(a) == 1:
        assert judged.confidence is None
        assert "one training decides nothing" in judged.reason


@pytest.mark.parametrize(
    ("expression", "claimed"),
    [
        ("[1/tiny-b/ap] > 75", None),
        ("[1/tiny-b/ap] - [1/tiny-a/ap] > 0.1", None),
        ("abs([1/tiny-b/ap] - [1/tiny-a/ap])", "0.2"),
        ("spread([1/tiny-*/ap])", "0.2"),
        ("[1/tiny-b/ap]", "76"),
        ("[1/tiny-b/ap] == [1/tiny-a/ap]", None),
        ("mean([1/tiny-*/ap])", "75.9"),
    ],
)
def test_synthetic_data_never_judge_a_size(judge, fill, make, expression, claimed) -> None:
    fill(*seeds(make, [38.0, 39.0, 38.5], [45.0, 45.5, 44.8]))
    judged = judge(expression, claimed).on_reproduced
    assert judged.holds == "open"
    assert "can only decide orderings" in judged.reason


def test_an_ordering_says_what_the_networks_scored_before_training(judge, fill, make) -> None:
    for run, level in (("tiny-a-coco", 40.0), ("tiny-b-coco", 50.0)):
        fill(
            *(
                make.trained(run, n, level + n, "smoke", untrained={"AP": level - 9.0})
                for n in range(3)
            )
        )
    reason = judge("[1/tiny-b/ap] > [1/tiny-a/ap]").on_reproduced.reason
    assert reason.endswith(
        "before to after training: AP of tiny-b-coco 41 to 51, AP of tiny-a-coco 31 to 41"
    )


ABOVE = "[1/tiny-b/ap] > [1/tiny-a/ap]"
IMAGES = Estimate(7.0, (5.0, 9.0), 0.999, "the choice of images only")


@pytest.mark.parametrize("tier", ["smoke", "lab"])
@pytest.mark.parametrize("paired", [None, lambda *_: IMAGES])
def test_one_training_decides_no_ordering_and_shows_what_it_can(
    judge, fill, make, tier, paired
) -> None:
    """Neither what other runs did, nor what other images would change, says what another training would give."""
    others = [make.trained("tiny-c-coco", n, ap, tier) for n, ap in enumerate([30.0, 30.4, 30.2])]
    fill(*seeds(make, [38.0], [45.0], tier), *others)
    judged = judge(ABOVE, paired=paired).on_reproduced
    assert (judged.holds, judged.confidence) == ("inconclusive", None)
    assert "one training decides nothing: the interval is that of the documented" in judged.reason
    assert ("[+5.00, +9.00] covers the choice of images only" in judged.reason) == bool(paired)
    assert judge(MORE, "0.2").on_reproduced.interval is not None


@pytest.mark.parametrize(
    ("b", "holds"),
    [
        (44.2, "holds"),  # 4.2 +- 3.2: 1.96 times the floor of 2.0 times the root of 2 / 3
        (43.6, "inconclusive"),  # 3.6 +- 3.2 does not clear 0.5
        (35.8, "fails"),
        (36.6, "inconclusive"),
    ],
)
def test_an_interval_of_seeds_must_exceed_half_a_point(judge, fill, make, b, holds) -> None:
    fill(*seeds(make, [40.0, 40.1, 39.9], [b, b + 0.1, b - 0.1]))
    judged = judge(ABOVE).on_reproduced
    assert judged.holds == SMALL.get(holds, holds)
    assert "margin 0.50; the interval covers the spread of 3 seeds each" in judged.reason
    # of a ratio the margin is 0.5 points of the numerator: 0.5 / 40.0 = 0.0125
    ratio = judge("times([1/tiny-b/ap], [1/tiny-a/ap])", "1.4").on_reproduced
    assert ratio.holds == SMALL.get(holds, holds)
    assert re.search(r"margin 0\.01\d;", ratio.reason)


@pytest.mark.parametrize(
    ("b", "words"),
    [  # half an interval is 3.2 points with three seeds
        (43.6, "about 4 seeds each would decide if the means stayed"),  # 3 (3.2 / 3.1) ** 2
        (41.0, "about 123 seeds each"),  # 3 (3.2 / 0.5) ** 2
        (39.0, "about 123 seeds each"),
        (40.6, "more than 1000 seeds each"),
        (40.4, "no number of seeds decides a difference within the margin"),
        (39.6, "no number of seeds decides"),
    ],
)
def test_what_more_seeds_would_settle_is_said(judge, fill, make, b, words) -> None:
    fill(*seeds(make, [40.0] * 3, [b] * 3))
    judged = judge(ABOVE).on_reproduced
    assert judged.holds == "inconclusive"
    assert words in judged.reason


@pytest.mark.parametrize(
    ("gap", "alone", "among_three"),
    [
        (3.8, "holds", "inconclusive"),  # 3.20 at 95 %; 3.91 at 1 - 0.05 / 3
        (4.5, "holds", "holds"),
        (-3.8, "fails", "inconclusive"),
        (-4.5, "fails", "fails"),
    ],
)
def test_the_error_probabilities_of_several_comparisons_add_up(
    judge, fill, make, gap, alone, among_three
) -> None:
    fill(*seeds(make, [40.0] * 3, [40.0 + gap] * 3))
    assert judge(ABOVE).on_reproduced.holds == SMALL.get(alone, alone)
    among_three = SMALL.get(among_three, among_three)
    every, some = (judge(f" {word} ".join([ABOVE] * 3)).on_reproduced for word in ("and", "or"))
    assert every.holds == some.holds == among_three
    # each of the three at its own confidence: all of them at once less surely, one of them as surely as one
    assert 1 - every.confidence == pytest.approx(min(1.0, 3 * (1 - some.confidence)))


def test_evidence_of_two_kinds_is_never_mixed_in_one_number(judge, fill, make) -> None:
    fill(make.trained("tiny-a-coco", 0, 38.0), make.trained("tiny-b-coco", 0, 76.0, "full"))
    judged = judge("[1/tiny-b/ap] > [1/tiny-a/ap]").on_reproduced
    assert judged.holds == "open"
    assert "no single kind of evidence" in judged.reason


def test_the_strongest_evidence_that_covers_all_cells_is_used(judge, fill, make) -> None:
    fill(*seeds(make, [38.0] * 3, [45.0] * 3), *seeds(make, [76.0], [75.0], "full"))
    judged = judge("[1/tiny-b/ap] > [1/tiny-a/ap]").on_reproduced
    assert (judged.holds, judged.evidence) == ("supports", "smoke")  # one training decides nothing
    fill(*seeds(make, [76.0] * 3, [75.0, 75.0], "full"))
    judged = judge("[1/tiny-b/ap] > [1/tiny-a/ap]").on_reproduced
    assert (judged.holds, judged.evidence) == ("fails", "full-1")
    fill(*seeds(make, [76.0] * 3, [75.0] * 3, "full"))
    judged = judge("[1/tiny-b/ap] > [1/tiny-a/ap]").on_reproduced
    assert (judged.holds, judged.evidence) == ("fails", "full-3")


def test_results_of_two_protocols_are_never_mixed(judge, fill, make) -> None:
    other = {"data": "synthetic-hard", "split": "coco-val2017", "boxes": "ground-truth"}
    fill(make.trained("tiny-a-coco", 0, 38.0), make.trained("tiny-b-coco", 0, 45.0, protocol=other))
    judged = judge("[1/tiny-b/ap] > [1/tiny-a/ap]").on_reproduced
    assert judged.holds == "open"
    assert "data is synthetic-easy and synthetic-hard" in judged.reason


def test_each_comparison_of_a_sentence_has_its_own_evidence(judge, fill, make) -> None:
    fill(
        make.counted("tiny-a", 5_200_000),
        make.counted("tiny-b", 6_700_000),
        *seeds(make, [38.0, 39.0, 38.5], [45.0, 45.5, 44.8]),
    )
    both = "[1/tiny-a/params] < [1/tiny-b/params] and [1/tiny-a/ap] < [1/tiny-b/ap]"
    judged = judge(both).on_reproduced
    assert (judged.holds, judged.evidence) == ("supports", "mixed")
    assert judge(f"not ({both})").on_reproduced.holds == "contradicts"
    assert (
        judge("[1/tiny-a/params] < [1/tiny-b/params] or [1/tiny-a/ap] > 70").on_reproduced.holds
        == "holds"
    )
    assert judge("[1/tiny-a/params] < [1/tiny-a/ap]").on_reproduced.holds == "open"


def test_stale_results_judge_no_claim(tiny, fill, make, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("changed")
    stale = make.provenance(inputs={"a.py": "0" * 64})
    store: Store = fill(
        make.counted("tiny-a", 5_200_000, provenance=stale), make.counted("tiny-b", 6_500_000)
    )
    one = claim("[1/tiny-a/params] < [1/tiny-b/params]")
    measurements = Measurements(tiny, ResultIndex(store), tmp_path)
    judged = judge_claim("tinypaper", one, measurements).on_reproduced
    assert judged.holds == "open"
    assert "before its code or configuration changed" in judged.reason


def instead(runs: dict[str, str]) -> Claim:
    return claim("[1/tiny-b/ap] > [1/tiny-a/ap]").model_copy(update={"instead": runs})


def test_a_plot_without_numbers_is_judged_by_the_runs_named_for_it(tiny, fill, make) -> None:
    """tiny-c replaces tiny-b: below tiny-a, where tiny-b itself is above."""
    low = [make.trained("tiny-c-coco", n, ap, "smoke") for n, ap in enumerate([20.0, 20.5, 21.0])]
    store = fill(*seeds(make, [38.0, 39.0, 38.5], [45.0, 45.5, 44.8]), *low)
    measurements = Measurements(tiny, ResultIndex(store))
    own, other = instead({}), instead({"tiny-b-coco": "tiny-c-coco"})
    assert judge_claim("tinypaper", own, measurements).on_reproduced.holds == "supports"
    judged = judge_claim("tinypaper", other, measurements)
    assert judged.on_reproduced.holds == "contradicts"
    assert (judged.on_paper.holds, judged.on_paper.reason) == (
        "open",
        "about a plot without printed numbers",
    )


@pytest.mark.parametrize(
    ("runs", "named"),
    [({"tiny-c-coco": "tiny-a-coco"}, "tiny-c-coco"), ({"tiny-b-coco": "tiny-z"}, "tiny-z")],
)
def test_a_replacement_must_be_a_run_and_replace_one(tiny, store, runs, named) -> None:
    with pytest.raises(CatalogError, match=f"claims.yaml: claim 'one': .*{named}"):
        judge_claim("tinypaper", instead(runs), Measurements(tiny, ResultIndex(store)))


@pytest.mark.parametrize(
    ("expression", "claimed"),
    [
        ("max([1/tiny-*/ap]) - min([1/tiny-*/ap])", "0.8"),  # "hardly moves": never below zero
        ("[1/tiny-a/ap] - max([1/tiny-*/ap])", "-0.5"),  # never above
    ],
)
def test_a_number_whose_sign_is_fixed_claims_a_size(judge, fill, make, expression, claimed) -> None:
    fill(*seeds(make, [38.0, 39.0, 38.5], [45.0, 45.5, 44.8]))
    judged = judge(expression, claimed).on_reproduced
    assert (judged.holds, judged.evidence) == ("open", "smoke")
    assert "its sign is fixed" in judged.reason


@pytest.mark.parametrize(
    ("gap", "holds"), [(0.12, "holds"), (0.03, "inconclusive"), (-0.12, "fails")]
)
def test_measures_from_0_to_1_are_judged_by_ordering_with_a_margin_of_their_size(
    fill, make, gap, holds
) -> None:
    """LOFR's Table 7: one value per column, of the measure and not of the accuracy."""
    loaded = load_catalog()
    kinds = ("ear", "eye", "nose", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    results = [
        make.trained(run, n, 0.0, measures={f"response/{k}": base + n / 1e5 for k in kinds})
        for run, base in (("lofr-r50-coco", 0.3 + gap), ("lofr-r50-baseline-coco", 0.3))
        for n in range(5)  # as registered
    ]
    sentence = next(c for _, c in loaded.claims() if c.id == "response-average-higher")
    measurements = Measurements(loaded, ResultIndex(fill(*results)))
    judged = judge_claim("lofr", sentence, measurements).on_reproduced
    assert (judged.holds, judged.evidence) == (SMALL.get(holds, holds), "smoke")
    assert f"difference {gap:+.3f} [" in judged.reason
    assert "margin 0.005;" in judged.reason
