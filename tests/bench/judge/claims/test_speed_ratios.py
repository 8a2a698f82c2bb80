"""Claims on timings: every form of one claim has one answer, and a size never contradicts the order inside it."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.catalog.load import Catalog, load_catalog
from bench.catalog.schema import Claim
from bench.judge.claims.arithmetic import Evaluation
from bench.judge.claims.expressions import parse, resolve
from bench.judge.claims.on_paper import judge_claim
from bench.judge.claims.speed_ratios import judge_timed
from bench.judge.evidence import Measurements
from bench.judge.intervals import Interval
from bench.judge.verdicts import judge_cell
from bench.results.index import ResultIndex

A, B = "[1/tiny-a/fps]", "[1/tiny-b/fps]"


@pytest.fixture
def judge(tiny, store) -> Any:
    """judge(expression, claimed) on the results in the store."""

    def of(expression: str, claimed: str | None = None) -> Any:
        return judge_claim(
            "tinypaper", claim(expression, claimed), Measurements(tiny, ResultIndex(store))
        )

    return of


LEVEL = st.floats(1.0, 100.0)
SPREAD = st.floats(0.0, 0.2)


def claim(expression: str, claimed: str | None = None, rounding: str = "nearest") -> Claim:
    given = {"expression": expression, "claimed": claimed, "rounding": rounding}
    return Claim.model_validate({"id": "one", "where": "p. 1", "claim": "something", **given})


def word(catalog: Catalog, timings: Any, *sentence: str | None) -> str:
    """The answer for (median, relative distance of the quartiles) of A and of B, in frames per second."""
    one = claim(*sentence)
    resolved = resolve(parse(one.expression), catalog, "tinypaper")
    central = {n: timings["tiny-b" in n][0] for n in resolved.cells}
    spans = {
        n: Interval(x / (1 + timings["tiny-b" in n][1]), x * (1 + timings["tiny-b" in n][1]))
        for n, x in central.items()
    }
    evaluation = Evaluation(resolved, spans, central)
    return judge_timed(one, evaluation, resolved.expression.tree).holds


@settings(deadline=None)
@given(
    st.tuples(LEVEL, SPREAD),
    st.tuples(LEVEL, SPREAD),
    st.integers(30, 300),
    st.sampled_from(["nearest", "at-least", "at-most", "floor", "ceil"]),
)
@example((12.0, 0.001), (10.0, 0.001), 120, "nearest")
def test_equivalent_forms_of_a_claimed_size_have_one_answer(tiny, a, b, percent, rounding) -> None:
    size, turned = (
        f"{percent / 100:.2f}",
        {"floor": "ceil", "ceil": "floor"}.get(rounding, rounding),
    )
    turned = {"at-least": "at-most", "at-most": "at-least"}.get(rounding, turned)
    more, less = str(percent - 100), str(100 - percent)
    forms = [
        (f"times({A}, {B})", size, rounding),
        (f"{A} / {B}", size, rounding),
        (f"percent_more({A}, {B})", more, rounding),
        (f"100 * ({A} / {B} - 1)", more, rounding),
        (f"100 * ({A} - {B}) / {B}", more, rounding),
        (f"100 * (({A} - {B}) / {B})", more, rounding),
        (f"100 * {A} / {B}", str(percent), rounding),
        (f"percent_less({A}, {B})", less, turned),
        (f"-percent_more({A}, {B})", less, turned),
        (f"100 + percent_more({A}, {B})", str(percent), rounding),
        (f"100 - percent_less({A}, {B})", str(percent), rounding),
    ]
    found = {form: word(tiny, (a, b), *form) for form in forms}
    assert len(set(found.values())) == 1, found


@settings(deadline=None)
@given(st.tuples(LEVEL, SPREAD), st.tuples(LEVEL, SPREAD), st.integers(101, 300))
def test_equivalent_comparisons_with_a_bound_have_one_answer(tiny, a, b, percent) -> None:
    size, more = percent / 100, percent - 100
    forms: list[tuple[str | None, ...]] = [
        (f"times({A}, {B})", f"{size:.2f}", "at-least"),
        (f"times({A}, {B}) >= {size}",),
        (f"{size} <= {A} / {B}",),
        (f"{A} >= {size} * {B}",),
        (f"percent_more({A}, {B}) >= {more}",),
        (f"percent_less({A}, {B}) <= {-more}",),
        (f"{A} - {B} >= {more / 100} * {B}",),
    ]
    found = {form: word(tiny, (a, b), *form) for form in forms}
    assert len(set(found.values())) == 1, found


@settings(deadline=None)
@given(st.tuples(LEVEL, SPREAD), st.tuples(LEVEL, SPREAD), st.floats(1.01, 3.0), st.integers(0, 3))
def test_a_size_and_the_order_inside_it_never_contradict(tiny, a, b, ratio, decimals) -> None:
    """The larger size is claimed of A; also "1" and "2", whose rounding leaves the order open."""
    size = word(tiny, (a, b), f"times({A}, {B})", f"{ratio:.{decimals}f}")
    order = word(tiny, (a, b), f"{A} > {B}")
    claims_order = round(ratio, decimals) - 0.5 * 10.0**-decimals > 1.0
    if claims_order and size == "holds":
        assert order == "holds"
    if claims_order and order == "fails":
        assert size == "fails"


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize(
    ("b_ms", "on_gpu"), [(14.0, "inconclusive"), (15.0, "holds"), (18.0, "fails"), (9.0, "fails")]
)
def test_one_and_a_half_times_is_fifty_per_cent_more(
    tiny, fill, make, b_ms, on_gpu, device
) -> None:
    """1.4 +- 4 %, where 1.5 / 1.1 = 1.364 to 1.5 * 1.1 = 1.65 are allowed; all of it is inside from 1.42 on."""
    measurements = Measurements(
        tiny, ResultIndex(fill(make.timed("box", device, tiny_a=10.0, tiny_b=b_ms)))
    )
    expected = "not-on-this-machine" if (device, on_gpu) == ("cpu", "fails") else on_gpu
    for expression, claimed in ((f"times({A}, {B})", "1.5"), (f"percent_more({A}, {B})", "50")):
        judged = judge_claim("tinypaper", claim(expression, claimed), measurements).on_reproduced
        assert (judged.holds, judged.evidence) == (expected, "timed")
        if expected == "not-on-this-machine":
            assert judged.reason.endswith("not so on this machine, a CPU; printed for Tesla T4")


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        (f"{A} > {B}", "not-on-this-machine"),
        (f"{A} < {B}", "holds"),
        (f"not {A} < {B}", "not-on-this-machine"),
        (f"not {A} > {B}", "holds"),
        (f"{A} > {B} and [1/tiny-a/params] > [1/tiny-b/params]", "fails"),  # by counting alone
        (f"{A} > {B} and [1/tiny-a/params] < [1/tiny-b/params]", "not-on-this-machine"),
        (f"{A} > {B} or [1/tiny-a/params] > [1/tiny-b/params]", "not-on-this-machine"),
        (f"{A} > {B} or [1/tiny-a/params] < [1/tiny-b/params]", "holds"),
    ],
)
def test_a_cpu_confirms_an_order_and_never_refutes_one(tiny, fill, make, expression, holds) -> None:
    counts = make.counted("tiny-a", 5_200_000), make.counted("tiny-b", 6_500_000)
    store = fill(make.timed("2 cores", "cpu", tiny_a=15.0, tiny_b=10.0), *counts)
    judged = judge_claim("tinypaper", claim(expression), Measurements(tiny, ResultIndex(store)))
    assert judged.on_reproduced.holds == holds
    if holds == "fails":
        assert judged.on_reproduced.evidence == "counted"


def test_what_was_printed_for_a_processor_a_processor_refutes(tiny, fill, make) -> None:
    paper = tiny.papers["tinypaper"]
    protocol = {**paper.tables[0].protocol, "machine": "Intel Xeon, 4 cores"}
    table = paper.tables[0].model_copy(update={"protocol": protocol})
    changed = paper.model_copy(update={"tables": (table, *paper.tables[1:])})
    catalog = Catalog(papers={"tinypaper": changed}, folders=tiny.folders)
    store = fill(make.timed("AMD EPYC, 2 cores", "cpu", tiny_a=15.0, tiny_b=10.0))
    judged = judge_claim(
        "tinypaper", claim(f"{A} > {B}"), Measurements(catalog, ResultIndex(store))
    )
    assert judged.on_reproduced.holds == "fails"


@pytest.mark.parametrize(
    ("expression", "claimed", "holds"),
    [(A, "95", "holds"), (A, "120", "fails"), (f"{A} > 80", None, "holds"), (f"{A} > 150", None, "fails")],
)  # fmt: skip
def test_on_the_paper_s_own_machine_a_speed_itself_is_judged(
    tiny, fill, make, expression, claimed, holds
) -> None:
    store = fill(make.timed("NVIDIA Tesla T4", "cuda", tiny_a=10.0, tiny_b=15.0))
    judged = judge_claim(
        "tinypaper", claim(expression, claimed), Measurements(tiny, ResultIndex(store))
    )
    assert judged.on_reproduced.holds == holds


@pytest.mark.parametrize(
    ("machine", "ms", "verdict"),
    [
        ("NVIDIA GeForce RTX 2080 Ti", 1000 / 137, "reproduced"),
        ("NVIDIA GeForce RTX 2080 Ti", 1000 / 110, "deviates"),
        ("NVIDIA GeForce RTX 2080", 1000 / 137, "not-comparable"),
        ("NVIDIA H200", 1000 / 137, "not-comparable"),
    ],
)
def test_a_frame_rate_of_transpose_is_compared_on_its_2080_ti_alone(
    fill, make, machine: str, ms: float, verdict: str
) -> None:
    """137 frames a second are printed for TransPose-R-A3* (Table 2)."""
    catalog = load_catalog()
    store = fill(make.timed(machine, "cuda", transpose_r_a3s=ms))
    measurements = Measurements(catalog, ResultIndex(store), Path("none"))
    cell = catalog.cell_index["transpose", "2", "transpose-r-a3s", "fps"]
    found = judge_cell(cell, measurements)
    assert (cell.number.value, found.verdict) == (137, verdict)


def test_every_printed_frame_rate_names_the_paper_s_machine() -> None:
    """TransPose names one for all; QueryPose names a GPU for training only."""
    cells = [cell for cell in load_catalog().cells() if cell.column.kind == "speed" and cell.number]
    named = {(cell.paper, cell.protocol.get("machine")) for cell in cells}
    assert named == {("transpose", "RTX 2080 Ti"), ("querypose", None)}


# ---------------------------------------------------------------- which timings are judged

FASTER = "times([1/tiny-a/fps], [1/tiny-b/fps])"


@pytest.mark.parametrize(
    ("b_ms", "device", "holds"),
    [(15.0, "cpu", "holds"), (15.0, "cuda", "holds"), (20.0, "cuda", "fails"), (20.0, "cpu", "not-on-this-machine"),
     (8.0, "cpu", "not-on-this-machine"), (8.0, "cuda", "fails")],
)  # fmt: skip
def test_speeds_are_judged_by_their_ratio(judge, fill, make, b_ms, device, holds) -> None:
    fill(make.timed("box", device, tiny_a=10.0, tiny_b=b_ms))
    judged = judge(FASTER, "1.5").on_reproduced
    assert (judged.holds, judged.evidence) == (holds, "timed")
    assert "box, fp32, batch 1" in judged.reason


@pytest.mark.parametrize(
    ("b_ms", "spread", "holds"),
    [
        (15.0, 0.01, "holds"),
        (15.0, 0.02, "holds"),
        (15.0, 0.05, "inconclusive"),  # from 1.36 to 1.66, allowed 1.364 to 1.65
        (15.0, 0.4, "inconclusive"),  # could be equal
        (18.0, 0.01, "not-on-this-machine"),
        (18.0, 0.10, "inconclusive"),  # reaches 1.5 by its noise alone
    ],
)
def test_a_noisy_timer_never_makes_a_claimed_ratio_hold(
    judge, fill, make, b_ms, spread, holds
) -> None:
    timed = make.timed("box", "cpu", tiny_a=10.0, tiny_b=b_ms)
    timings = {
        name: one.model_copy(
            update={
                "low_ms": one.median_ms * (1 - spread),
                "high_ms": one.median_ms * (1 + spread),
            }
        )
        for name, one in timed.timings.items()
    }
    fill(timed.model_copy(update={"timings": timings}))
    assert judge(FASTER, "1.5").on_reproduced.holds == holds


@pytest.mark.parametrize(
    ("expression", "claimed", "holds"),
    [
        ("[1/tiny-a/fps] > [1/tiny-b/fps]", None, "holds"),
        (f"{FASTER} > 1.3", None, "holds"),
        ("best([1/tiny-b/fps], [1/tiny-*/fps])", None, "not-on-this-machine"),
        ("[1/tiny-a/fps]", "100", "open"),
        ("[1/tiny-a/fps] > 30", None, "open"),
        ("[1/tiny-a/fps] - [1/tiny-b/fps]", "30", "open"),
    ],
)
def test_absolute_speeds_are_not_judged(judge, fill, make, expression, claimed, holds) -> None:
    fill(make.timed(tiny_a=10.0, tiny_b=15.0))
    judged = judge(expression, claimed).on_reproduced
    assert judged.holds == holds
    absolute = "claims an absolute speed, printed for Tesla T4; timed on "
    assert judged.reason.startswith(absolute) == (holds == "open")


@pytest.mark.parametrize("name", ["a100", "h200", "l4", "t4", "v100"])
def test_of_two_machines_with_all_timings_the_gpu_is_chosen(judge, store, make, name) -> None:
    """Whatever the hashes of their names: the choice was once the first of a set."""
    store.write(make.timed("2 cores", "cpu", tiny_a=10.0, tiny_b=12.0))
    store.write(make.timed(name, "cuda", tiny_a=10.0, tiny_b=15.0), committed=True)
    judged = judge("times([1/tiny-a/fps], [1/tiny-b/fps])", "1.5").on_reproduced
    assert (judged.holds, judged.value) == ("holds", 1.5)
    assert judged.reason.startswith(f"{name}, fp32, batch 1: ")


def test_speeds_of_two_machines_are_never_ranked(judge, store, make) -> None:
    store.write(make.timed("one", "cuda", tiny_a=10.0), committed=True)
    store.write(make.timed("two", "cuda", tiny_b=15.0), committed=True)
    judged = judge("[1/tiny-a/fps] > [1/tiny-b/fps]").on_reproduced
    assert judged.holds == "open"
    assert "on one machine" in judged.reason
