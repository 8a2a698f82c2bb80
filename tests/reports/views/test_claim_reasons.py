"""Sentences that say why a claim holds or fails: the rows and numbers that decide, and no more than they decide."""

from collections import Counter
from dataclasses import replace

import pytest

from bench.catalog.load import load_catalog
from bench.judge.claims.expressions import parse, resolve
from bench.judge.claims.on_paper import understand
from bench.judge.intervals import Interval
from bench.judge.records import ClaimJudgement, ClaimVerdict, Verdict
from reports.views.claim_reasons import Reason, label
from reports.views.claim_why import judges_reason, why_here


def reason_of(paper: str, name: str, numbers: dict[str, float] | None = None) -> Reason:
    """Of a real claim, on the printed numbers, or on these of its cells, by row."""
    catalog = load_catalog()
    [claim] = [c for p, c in catalog.claims() if (p, c.id) == (paper, name)]
    resolved = understand(catalog, paper, claim)
    known = {n: (numbers or {}).get(c.row.key, c.number.value) for n, c in resolved.cells.items()}
    shown = {n: f"{value:g}" for n, value in known.items()}
    return Reason(resolved, catalog, known, shown, printed=not numbers)


def why(paper: str, name: str, numbers: dict[str, float] | None = None) -> str:
    return reason_of(paper, name, numbers).sentence()


def test_the_reason_names_the_rows_and_the_numbers_that_decide() -> None:
    assert why("transpose", "superior-on-mpii-test") == (
        "Ours (TransPose-H-A6) 93.5 is not the highest: Bulat et al., FG’20 94.1 (Mean@0.5)"
    )
    assert why("lofr", "crowd-gain") == "Ours-LOFR 42.5 − Baseline 21.5 = 21 (AP)"
    dense = why("querypose", "faster-than-dense")
    assert "QueryPose Swin-L 117 is not below the lowest of 10, AdaptivePose 110" in dense
    nested = why("transpose", "lighter-than-cnns")
    assert nested.endswith("is below the lowest of 5, HRNet-W32 28.5 (#Params)")
    several = why("lofr", "larger-input-better-every-metric")  # of 15 parts those two that fail
    assert several.count("is not above") == 2
    assert "AP75 55.3 is not above" in several
    assert "QueryPose-SwinL 65.4 is the highest, before SWAHR-W48 63 (AP_H)" in why(
        "querypose", "crowdpose-hard"
    )


def test_every_claim_of_every_paper_has_a_sentence() -> None:
    catalog = load_catalog()
    for paper, claim in catalog.claims():
        resolved = understand(catalog, paper, claim)
        known = {n: c.number.value for n, c in resolved.cells.items()}
        shown = {n: f"<{value:g}>" for n, value in known.items()}
        said = Reason(resolved, catalog, known, shown, printed=True).sentence()
        assert said[0].isupper() or not said[0].isalpha()
        assert "<" in said or "of " in said  # a number, or how many it is about
        assert "ast." not in said


@pytest.mark.parametrize(
    ("holds", "faster", "slower"),
    [
        ("holds", True, False),
        ("within-rounding", True, False),
        ("fails", False, True),
        ("not-on-this-machine", False, True),
        ("inconclusive", False, False),  # neither "is above" nor "is not above"
        ("open", False, False),
    ],
)
def test_a_comparison_is_said_only_where_it_decides(holds: str, faster: bool, slower: bool) -> None:
    for fps, said in ((2.0, faster), (0.5, slower)):
        reason = reason_of(
            "transpose", "h-a6-faster-than-hrnet-w48", {"transpose-h-a6": fps, "hrnet-w48": 1.0}
        )
        assert reason.agrees(ClaimJudgement(holds=holds, evidence="timed")) is said


def test_the_best_of_several_equal_ones_is_not_before_them() -> None:
    both = why("lofr", "bold-mpii-total")
    assert both.startswith("No other is above Bin 94.1, and Bulat 94.1 is equal; no other is above")
    assert "before" not in both


def test_a_best_that_is_too_close_is_not_refuted() -> None:
    reason = reason_of("transpose", "superior-on-mpii-test")
    ours = next(n for n, c in reason.resolved.cells.items() if c.row.key == "transpose-h-a6")
    wide = {**reason.on.values, ours: Interval.around(93.5, 2.0)}
    reason.on = replace(reason.on, values=wide)
    assert reason.sentence() == (
        "Ours (TransPose-H-A6) 93.5 is too close to call against Bulat et al., FG’20 94.1 (Mean@0.5)"
    )


@pytest.mark.parametrize("text", ["rising({0})", "best([2/transpose-h-a6/ap], {0})"])
def test_a_list_of_one_cell_breaks_no_page(text: str) -> None:
    catalog = load_catalog()
    resolved = resolve(parse(text.format("[2/transpose-h-a6*/ap]")), catalog, "transpose")
    known = dict.fromkeys(resolved.cells, 75.8)
    said = Reason(resolved, catalog, known, dict.fromkeys(known, "75.8"), printed=True).sentence()
    assert said == "The list has a single cell, which compares nothing (AP)"


STEPS = ["nd1", "nd2", "nd3", "nd4", "nd5", "nd6"]


@pytest.mark.parametrize(
    ("flops", "end"),
    [
        ([1, 2, 3, 4, 5, 6], "6+1, no auxiliary loss 1; and 4 more steps, all alike (GFLOPs)"),
        ([2, 1, 3, 4, 5, 6], "6+1, no auxiliary loss 2; 1 of 5 steps goes against it (GFLOPs)"),
        ([1, 2, 2, 4, 3, 6], "6+2, no auxiliary loss 2; 2 of 5 steps go against it (GFLOPs)"),
    ],
)
def test_steps_are_counted(flops: list[float], end: str) -> None:
    said = why("tfpose", "decoder-layers-cost", dict(zip(STEPS, flops, strict=True)))
    assert said.endswith(end)
    assert ("is not above" in said) is ("against" in said)


def test_equal_printed_steps_are_undecided_and_not_refuted() -> None:
    reason = reason_of("tfpose", "decoder-layers-cost")
    one, two, *_ = reason.on.values
    reason.on = replace(reason.on, values={**reason.on.values, two: reason.on.values[one]})
    assert "is too close to call against" in reason.sentence()
    assert reason.sentence().endswith("1 of 5 steps is undecided (GFLOPs)")


def test_different_digits_are_not_said_to_be_equal() -> None:
    agreed = why("tfpose", "deeppose-r152-cost-agrees")
    assert (
        "(Table 5) 11.3 agrees within rounding with DeepPose ResNet-152 (Table 6) 11.34" in agreed
    )
    assert " 6.76 equals " in why("tfpose", "aux-free-at-inference")


def test_no_two_rows_of_a_table_have_one_name() -> None:
    catalog = load_catalog()
    named = {(c.paper, c.table.table, c.row.key): label(c, catalog) for c in catalog.cells()}
    found = Counter((paper, table, name) for (paper, table, _), name in named.items())
    assert [one for one, count in found.items() if count > 1] == []


MACHINE = "a CPU, float32, batch 1"
GIVEN = "the cells give -30, between -60 and 35; the timings vary too much to decide"


def timed(fps: float) -> str:
    """What the page says of "41 % faster" (transpose/cell-h-a6-fps), judged on a ratio of 0.7."""
    catalog = load_catalog()
    [claim] = [c for p, c in catalog.claims() if (p, c.id) == ("transpose", "cell-h-a6-fps")]
    resolved = understand(catalog, "transpose", claim)
    judged = ClaimJudgement(
        holds="inconclusive",
        evidence="timed",
        value=-30.0,
        interval=(-60.0, 35.0),
        reason=f"{MACHINE}: claimed 41 (nearest); {GIVEN}",
    )
    verdict = ClaimVerdict(
        paper="transpose", claim=claim, on_paper=ClaimJudgement(holds="open"), on_reproduced=judged
    )
    values = {"transpose-h-a6": fps, "hrnet-w48": 1.0}
    measured = {
        name: Verdict(
            paper="transpose",
            table="2",
            row=cell.row.key,
            column="fps",
            verdict="not-comparable",
            printed="1",
            value=values[cell.row.key],
            reason="",
        )
        for name, cell in resolved.cells.items()
    }
    return why_here(catalog, verdict, resolved, measured)


def test_a_measured_interval_is_in_the_text_and_no_claimed_number_is_left_over() -> None:
    assert timed(0.7) == (
        "TransPose-H-A6 0.7 is −30 % more than HRNet-W48 1 (FPS); −60 to 35 as the timings vary; "
        f"{MACHINE}; the timings vary too much to decide"
    )
    assert timed(2.0) == f"{MACHINE}: claimed 41 (nearest); {GIVEN}"  # not what was judged
    bare = ClaimJudgement(holds="holds", value=2.0, interval=(1.0, 3.0), reason="three trainings")
    assert judges_reason(bare) == "three trainings; 1 to 3 possible"
    assert judges_reason(bare.model_copy(update={"reason": ""})) == "1 to 3 possible"


def test_only_what_is_not_measured_is_shortened() -> None:
    parts = ["by a rule", *(f"not measured: {name}" for name in "abcde"), "claimed 1", "no", "yes"]
    more = "not measured: a; and 4 more comparisons not measured"

    def said(holds: str, parts: list[str]) -> str:
        return judges_reason(ClaimJudgement(holds=holds, reason="; ".join(parts)))

    assert said("open", parts) == f"{more}; by a rule; claimed 1; no; yes"  # why it is open leads
    assert said("fails", parts) == f"by a rule; {more}; claimed 1; no; yes"
    assert said("open", parts[2:]) == "; ".join(parts[2:])  # four are said in full
