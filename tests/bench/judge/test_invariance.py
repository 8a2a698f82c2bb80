"""What may not change a verdict: order of rows, another paper or run, a common shift or scale; and more of the same
evidence never makes one less firm. On simulated papers of every kind."""

import itertools
import re
from pathlib import Path

import pytest

from bench.catalog.load import Catalog
from bench.catalog.schema import Paper
from bench.judge.evidence import Measurements
from bench.judge.records import Snapshot
from bench.judge.verdicts import judge_all
from bench.results.index import ResultIndex
from bench.results.records import AccuracyResult, Result, SpeedResult
from tests.benchmarks.judge_calibration import AGAINST, FOR, judged, simulated
from tests.benchmarks.simulated_papers import Simulated
from tests.factories import Memory, trained

FIRM = FOR | AGAINST


@pytest.fixture(scope="module")
def papers() -> list[Simulated]:
    return [simulated(15, number) for number in range(40)]


@pytest.fixture(scope="module")
def timed(papers: list[Simulated]) -> list[Simulated]:
    found = [paper for paper in papers if paper.machine]
    assert len(found) > 3
    return found


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
        assert words(judge(paper.paper, results, stranger)) == words(
            judge(paper.paper, paper.results)
        )


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
        assert words(judge(with_run, strays | paper.results)) == words(
            judge(paper.paper, paper.results)
        )


def test_more_evidence_of_the_same_values_never_makes_a_word_less_firm(papers) -> None:
    for paper, times in zip(papers, itertools.cycle([2, 3]), strict=False):
        more = dict(paper.results)
        for file, one in paper.results.items():
            if isinstance(one, AccuracyResult):
                for n in range(1, times):
                    again = one.model_copy(update={"seed": one.seed + 10_000 * n})
                    more[f"{file}.{n}.json"] = again
        assert set(firm(judged(paper))) <= set(firm(judge(paper.paper, more)))


@pytest.mark.parametrize("tier", ["smoke", "lab", "full"])
@pytest.mark.parametrize("ap", [74.0, 75.3, 75.8, 76.2, 78.0])
@pytest.mark.parametrize("apart", [0.0, 0.05, 0.1])
def test_seeds_that_agree_are_at_least_as_firm_as_one(papers, tier, ap, apart) -> None:
    """75.8 alone, then 75.7 and 75.9, then all three."""
    paper = next(one.paper for one in papers if one.spread)
    values = {row.key: ap - 3.0 * n for n, row in enumerate(paper.tables[0].rows)}

    def said(*seeds: float) -> set[str]:
        results = {
            f"{row}/{n}.json": trained(f"run-{row}", n, value + seed, tier)
            for row, value in values.items()
            for n, seed in enumerate(seeds)
        }
        return set(firm(judge(paper, results)))

    assert said(0.0) <= said(-apart, apart) <= said(-apart, 0.0, apart)


def test_a_common_shift_of_all_accuracies_changes_no_order(papers) -> None:
    for paper, by in itertools.product(papers, [-7.0, 11.0]):
        shifted = {
            file: one.model_copy(update={"metrics": {"AP": one.metrics["AP"] + by}})
            if isinstance(one, AccuracyResult)
            else one
            for file, one in paper.results.items()
        }
        before, after = holds(judged(paper)), holds(judge(paper.paper, shifted))
        for name, claim in paper.claims.items():
            if claim.kind.startswith("order"):
                assert after[name] == before[name]


def test_a_machine_that_is_faster_in_everything_changes_no_claim(timed) -> None:
    for paper, by in itertools.product(timed, [0.01, 0.5, 100.0]):
        scaled = {file: _slower(one, by) for file, one in paper.results.items()}
        assert holds(judge(paper.paper, scaled)) == holds(judged(paper))


def _slower(result: SpeedResult, by: float) -> SpeedResult:
    parts = ("median_ms", "low_ms", "high_ms")
    timings = {
        name: timing.model_copy(update={part: by * getattr(timing, part) for part in parts})
        for name, timing in result.timings.items()
    }
    return result.model_copy(update={"timings": timings})


def test_a_ratio_and_the_order_inside_it_never_contradict_each_other(timed) -> None:
    for paper in timed:
        found = {c.claim.id: c.on_reproduced.holds for c in judged(paper).claims}
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
