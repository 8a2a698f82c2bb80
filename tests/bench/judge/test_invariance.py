"""What may not change a verdict: order of rows, another paper or run, a common shift or scale; and more of the same
evidence never makes one less firm. On simulated papers of every kind."""

import functools
import itertools
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bench.catalog.load import Catalog
from bench.catalog.schema import Column, Paper
from bench.judge.evidence import Measurements
from bench.judge.records import Snapshot
from bench.judge.verdicts import judge_all
from bench.results.index import ResultIndex
from bench.results.records import AccuracyResult, Result, SpeedResult
from tests.benchmarks.judge_calibration import AGAINST, FOR, judged, simulated
from tests.benchmarks.simulated_claims import SimulatedClaim, above, extreme
from tests.benchmarks.simulated_machines import timed_paper
from tests.benchmarks.simulated_papers import Simulated, as_paper, printed_paper
from tests.factories import Memory, counted, trained

FIRM = FOR | AGAINST


class Unchanged:
    """A simulated paper as it is: judged once, whatever it is compared with."""

    def __init__(self, simulated: Simulated) -> None:
        self.paper, self.results = simulated.paper, simulated.results
        self.claims, self.spread = simulated.claims, simulated.spread

    @functools.cached_property
    def judged(self) -> Snapshot:
        return judge(self.paper, self.results)


@pytest.fixture(scope="module")
def papers(pytestconfig: pytest.Config) -> list[Unchanged]:
    number = 10 if pytestconfig.getoption("--quick") else 20
    return [Unchanged(simulated(15, n)) for n in range(number)]


@pytest.fixture(scope="module")
def timed(pytestconfig: pytest.Config) -> list[Unchanged]:
    number = 6 if pytestconfig.getoption("--quick") else 12
    return [Unchanged(timed_paper(np.random.default_rng(n))) for n in range(number)]


def judge(paper: Paper, results: dict[str, Result], *others: Paper) -> Snapshot:
    every = {one.id: one for one in (*others, paper)}
    catalog = Catalog(papers=every, folders=dict.fromkeys(every, Path()))
    return judge_all(Measurements(catalog, ResultIndex(Memory(results)), Path()))


def words(snapshot: Snapshot) -> dict[str, object]:
    """What is said of the cells and claims of the paper "sim", and on which values."""
    cells = {
        "/".join(v.key): (v.verdict, v.value, v.interval)
        for v in snapshot.verdicts
        if v.paper == "sim"
    }
    claims = {
        c.claim.id: [(one.holds, one.value, one.interval) for one in (c.on_reproduced, c.on_paper)]
        for c in snapshot.claims
        if c.paper == "sim"
    }
    return cells | claims


def holds(snapshot: Snapshot) -> dict[str, str]:
    return {claim.claim.id: claim.on_reproduced.holds for claim in snapshot.claims}


def firm(snapshot: Snapshot) -> dict[str, str]:
    """Only the firm words."""
    cells = {"/".join(v.key): v.verdict for v in snapshot.verdicts if v.verdict in FIRM}
    return cells | {name: word for name, word in holds(snapshot).items() if word in FIRM}


def test_the_order_of_rows_changes_nothing(papers) -> None:
    for paper in papers:
        table = paper.paper.tables[0]
        turned = table.model_copy(update={"rows": table.rows[::-1]})
        ordered = re.compile(r"argmax|rising|falling")  # these are about the order of rows
        claims = tuple(c for c in paper.paper.claims if not ordered.search(c.expression))
        plain = paper.paper.model_copy(update={"claims": claims})
        found = words(judge(plain.model_copy(update={"tables": (turned,)}), paper.results))
        assert found == words(judge(plain, paper.results))


def test_another_paper_and_its_results_change_nothing(papers) -> None:
    for paper, other in itertools.pairwise(papers):
        table = other.paper.tables[0]
        rows = tuple(row.model_copy(update={"run": f"other-{row.run}"}) for row in table.rows)
        runs = {
            f"other-{name}": run.model_copy(update={"config": f"other-{run.config}"})
            for name, run in other.paper.runs.items()
        }
        tables = (table.model_copy(update={"rows": rows}),)
        stranger = other.paper.model_copy(update={"id": "other", "tables": tables, "runs": runs})
        results = {
            f"a/{file}": _renamed(one) for file, one in other.results.items()
        } | paper.results
        assert words(judge(paper.paper, results, stranger)) == words(paper.judged)


def _renamed(result: Result) -> Result:
    if isinstance(result, AccuracyResult):
        return result.model_copy(update={"run": f"other-{result.run}"})
    if isinstance(result, SpeedResult):
        timings = {f"other-{name}": one for name, one in result.timings.items()}
        return result.model_copy(update={"timings": timings})
    return result.model_copy(update={"model": f"other-{result.model}"})


def test_a_run_that_no_cell_shows_changes_nothing(papers) -> None:
    for paper in papers:
        runs = {
            "stray": next(iter(paper.paper.runs.values())).model_copy(update={"config": "stray"})
        }
        with_run = paper.paper.model_copy(update={"runs": paper.paper.runs | runs})
        strays = {
            f"a/{tier}/{n}.json": trained("stray", n, ap, tier)
            for tier in ("smoke", "lab", "full")
            for n, ap in enumerate([0.0, 0.0, 0.0])
        }
        assert words(judge(with_run, strays | paper.results)) == words(paper.judged)


def test_more_evidence_of_the_same_values_never_makes_a_word_less_firm(papers) -> None:
    for paper, times in zip(papers, itertools.cycle([2, 3]), strict=False):
        more = dict(paper.results)
        for file, one in paper.results.items():
            if isinstance(one, AccuracyResult):
                for n in range(1, times):
                    again = one.model_copy(update={"seed": one.seed + 10_000 * n})
                    more[f"{file}.{n}.json"] = again
        assert set(firm(paper.judged)) <= set(firm(judge(paper.paper, more)))


@pytest.fixture(scope="module")
def said(papers) -> Callable[..., set[str]]:
    """What is said firmly of rows that are three points apart, when the first has these values in that tier."""
    paper = next(one.paper for one in papers if one.spread)

    @functools.cache
    def firm_words(tier: str, *seeds: float) -> set[str]:
        results = {
            f"{row.key}/{n}.json": trained(f"run-{row.key}", n, value - 3.0 * place, tier)
            for place, row in enumerate(paper.tables[0].rows)
            for n, value in enumerate(seeds)
        }
        return set(firm(judge(paper, results)))

    return firm_words


@pytest.mark.parametrize("tier", ["smoke", "lab", "full"])
@pytest.mark.parametrize("ap", [74.0, 75.3, 75.8, 76.2, 78.0])
@pytest.mark.parametrize("apart", [0.0, 0.05, 0.1])
def test_seeds_that_agree_are_at_least_as_firm_as_one(said, tier, ap, apart) -> None:
    """75.8 alone, then 75.7 and 75.9, then all three."""
    alone, pair = said(tier, ap), said(tier, ap - apart, ap + apart)
    assert alone <= pair <= said(tier, ap - apart, ap, ap + apart)


def test_a_common_shift_of_all_accuracies_changes_no_order(papers) -> None:
    for paper, by in zip(papers, itertools.cycle([-7.0, 11.0]), strict=False):
        shifted = {
            file: one.model_copy(update={"metrics": {"AP": one.metrics["AP"] + by}})
            if isinstance(one, AccuracyResult)
            else one
            for file, one in paper.results.items()
        }
        before, after = holds(paper.judged), holds(judge(paper.paper, shifted))
        for name, claim in paper.claims.items():
            if claim.kind.startswith("order"):
                assert after[name] == before[name]


def test_a_machine_that_is_faster_in_everything_changes_no_claim(timed) -> None:
    for paper, by in itertools.product(timed, [0.01, 0.5, 100.0]):
        scaled = {file: _slower(one, by) for file, one in paper.results.items()}
        assert holds(judge(paper.paper, scaled)) == holds(paper.judged)


def _slower(result: SpeedResult, by: float) -> SpeedResult:
    parts = ("median_ms", "low_ms", "high_ms")
    timings = {
        name: timing.model_copy(update={part: by * getattr(timing, part) for part in parts})
        for name, timing in result.timings.items()
    }
    return result.model_copy(update={"timings": timings})


def test_a_ratio_and_the_order_inside_it_never_contradict_each_other(timed) -> None:
    for paper in timed:
        found = {c.claim.id: c.on_reproduced.holds for c in paper.judged.claims}
        said = {
            claim.rows: found[name]
            for name, claim in paper.claims.items()
            if " > " in claim.expression
        }
        for name, claim in paper.claims.items():
            if claim.kind == "speed: ratio" and found[name] == "holds":
                assert said.get(claim.rows, "holds") not in AGAINST


def test_simulated_papers_are_the_same_every_time() -> None:
    assert simulated(15, 3).results == simulated(15, 3).results
    assert simulated(15, 3).results != simulated(15, 4).results


def test_the_first_of_a_list_and_an_order_of_two_agree_on_paper() -> None:
    """66.9 and 67.0 touch at 66.95, but no number rounds to both: neither is a tie."""
    rows = ["m1", "m2", "m3"]
    claims = [*(extreme(n, rows, "m*") for n in (1, 2, 3)), above("m1", "m2"), above("m2", "m1")]
    printed = {"m1": 66.9, "m2": 67.0, "m3": 65.0}
    paper = printed_paper("full", printed, claims, 1.0)
    found = [claim.on_paper.holds for claim in judged(paper).claims]
    assert found == ["fails", "holds", "fails", "fails", "holds"]
    tied = printed_paper("full", {**printed, "m1": 67.0}, claims, 1.0)
    found = [claim.on_paper.holds for claim in judged(tied).claims]
    assert found == ["holds", "holds", "fails", "inconclusive", "inconclusive"]


@pytest.mark.parametrize(
    ("a", "b", "holds"),
    [(41.86, 41.87, "holds"), (41.87, 41.87, "fails"), (41.88, 41.87, "fails")],
)
def test_print_rounding_makes_no_strict_order_of_exact_counts(a, b, holds) -> None:
    """Both are printed 41.9: rounding may explain a claimed size, never that one is the smaller."""
    claim = SimulatedClaim("order", "[1/m1/params] < [1/m2/params]", ("m1", "m2"), bool, bool)
    columns = [Column(key="params", label="#Params", metric="params")]
    paper = as_paper(columns, {"m1": "41.9M", "m2": "41.9M"}, [claim], {})
    counts = {
        f"run-{row}": counted(f"net-{row}", round(1e6 * n))
        for row, n in zip(("m1", "m2"), (a, b), strict=True)
    }
    assert judge(paper, counts).claims[0].on_reproduced.holds == holds
