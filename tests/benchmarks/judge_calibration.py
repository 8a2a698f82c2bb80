"""The judge on trial: `python -m tests.benchmarks.judge_calibration` (not a test; docs/judge-calibration.md).

Papers whose truth is known are judged through `judge_all`, and every firm word is compared with the truth:

    word                              wrong if
    holds, supports (an order)        the true means are not so; a tie is not an order
    fails, contradicts (an order)     the true means are so
    holds (a claimed size)            the true value is farther than half a point from what the claimed number allows
    fails (a claimed size)            the true value is inside what the claimed number allows
    supports, contradicts (a size)    the sign of the true difference is another (the same)
    holds (a == b)                    the true means differ by more than half a point
    fails (a == b)                    they differ by at most 0.05, which prints alike
    holds (a ratio of speeds)         the true ratio is farther than 15 % from what the claimed number allows
    holds, fails (counts)             no counts, some counts that print alike give the claimed number
    reproduced (an accuracy)          the true means, theirs and ours, differ by more than half a point
    better, deviates (an accuracy)    they are equal, or ordered the other way
    reproduced (a speed)              the true speeds differ by more than 15 %
    better, deviates (a speed)        they differ by at most 5 %, or the other way; or another machine was printed
    reproduced, deviates (a count)    the counts print differently, are equal

Truth is that of what the word is about: networks trained at that tier (smoke, lab, full), the authors' own networks
(released), the machine at hand; but a CPU that refutes, refutes the printed GPU. The same claim on paper is about the
printed numbers. Words that decide nothing (inconclusive, open, not comparable) are never wrong and never count.
"""

import argparse
import itertools
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np

from bench.catalog.load import Catalog
from bench.judge import statistics
from bench.judge.evidence import Measurements
from bench.judge.records import ClaimJudgement, ClaimVerdict, Snapshot, Verdict
from bench.judge.verdicts import judge_all
from bench.results.index import ResultIndex
from tests.benchmarks.calibration_report import BINS, Figures, Judgement, report
from tests.benchmarks.simulated_claims import MARGIN, SimulatedClaim, Values
from tests.benchmarks.simulated_machines import SPEED_MARGIN, counted_paper, timed_paper
from tests.benchmarks.simulated_papers import Simulated, one_point_paper, trained_paper
from tests.factories import Memory

ROOT = Path(__file__).parents[2]
FOR = {"holds", "supports", "within-rounding", "reproduced"}
AGAINST = {"fails", "contradicts", "better", "deviates"}
TIMED, COUNTED = 0.15, 0.10  # shares of the papers
SPREADS = (0.1, 0.3, 0.5, 0.7, 1.0, 2.0, 4.0, 7.0)
MODULES = (
    "judge_calibration.py",
    "calibration_report.py",
    "simulated_claims.py",
    "simulated_papers.py",
    "simulated_machines.py",
)
MARK = "<!-- figures: written by the command above -->"


# ---------------------------------------------------------------- the judge, of today or of older code


def images_only(high: Any, low: Any, metric: str) -> Any:
    """What an image-paired bootstrap gives of two single trainings: an interval that ignores the seed."""
    if not hasattr(statistics, "Difference") or len(high.results) > 1 or len(low.results) > 1:
        return None
    value = high.value - low.value
    return statistics.Difference(value, (value - 1.5, value + 1.5), 0.975 if value > 1.5 else 0.5)


def judged(paper: Simulated) -> Snapshot:
    catalog = Catalog(papers={"sim": paper.paper}, folders={"sim": Path()})
    measurements = Measurements(catalog, ResultIndex(Memory(paper.results)), Path())
    if "paired" in signature(judge_all).parameters:
        return judge_all(measurements, images_only)
    return judge_all(measurements)


# ---------------------------------------------------------------- word and truth


def judgements(paper: Simulated) -> Iterator[Judgement]:
    """Everything that the judge says of a paper, against the truth."""
    snapshot = judged(paper)
    for verdict in snapshot.verdicts:
        yield _of_cell(paper, verdict)
    for claim in snapshot.claims:
        yield from _of_claim(paper, paper.claims[claim.claim.id], claim)


def tier_of(paper: Simulated, evidence: str | None) -> str:
    """The tier that was measured, of which each paper has one; "none" without evidence."""
    [tier] = paper.here
    return tier if evidence else "none"


def spread_of(paper: Simulated) -> str:
    """The third of the deviations from seed to seed; empty without seeds."""
    if paper.spread is None:
        return ""
    return BINS[sum(paper.spread >= edge for edge in (0.4, 1.7))]


def _of_cell(paper: Simulated, verdict: Verdict) -> Judgement:
    tier = tier_of(paper, verdict.evidence)
    [among] = {column.kind for column in paper.paper.tables[0].columns}
    word, row = verdict.verdict, verdict.row
    wrong = None
    if word in FOR | AGAINST and tier not in paper.here:
        wrong = True
    elif word in FOR | AGAINST:
        ours, theirs = paper.here[tier][row], paper.theirs[row]
        wrong = cell_is_wrong(word, among, ours, theirs, paper.machine)
    seeds = len(verdict.seeds) if among == "accuracy" else 0
    return Judgement(f"cell: {among}", tier, seeds, spread_of(paper), word, wrong)


def cell_is_wrong(word: str, kind: str, ours: float, theirs: float, machine: str) -> bool:
    if kind == "count":
        alike = abs(ours - theirs) <= 0.1
        return not alike if word == "reproduced" else ours == theirs
    if kind == "speed":
        ratio = ours / theirs - 1.0
        same = abs(ratio) <= (SPEED_MARGIN if word == "reproduced" else 0.05)
    else:
        ratio = ours - theirs
        same = abs(ratio) <= (MARGIN if word == "reproduced" else 1e-9)
    if word == "reproduced":
        return not same or machine in ("other", "cpu")
    return same or machine in ("other", "cpu") or (ratio > 0) != (word == "better")


def _of_claim(paper: Simulated, claim: SimulatedClaim, found: ClaimVerdict) -> Iterator[Judgement]:
    on_paper = said(claim, "paper", found.on_paper, paper.printed, paper.printed)
    yield Judgement(claim.kind, "paper", 0, "", *on_paper)
    tier = tier_of(paper, found.on_reproduced.evidence)
    here = paper.here.get(tier, {})
    refuted = paper.theirs if paper.machine == "cpu" else here
    seeds = min((paper.seeds.get(tier, {}).get(row, 0) for row in claim.rows), default=0)
    measured = said(claim, tier, found.on_reproduced, here, refuted)
    yield Judgement(claim.kind, tier, seeds, spread_of(paper), *measured)


def said(
    claim: SimulatedClaim, tier: str, found: ClaimJudgement, holding: Values, failing: Values
) -> tuple[str, bool | None]:
    """What is said of a claim, and whether that is wrong."""
    word = str(found.holds)
    sign = claim.direction if tier in ("smoke", "lab") else None
    if word in FOR:
        return word, not (sign or claim.near)(holding)
    if word in AGAINST:
        return word, (sign or claim.true)(failing)
    return word, None


# ---------------------------------------------------------------- many papers


def simulated(seed: int, number: int) -> Simulated:
    """Paper `number`: the same for every judge."""
    rng = np.random.default_rng([seed, number])
    chosen = rng.random()
    if chosen < TIMED:
        return timed_paper(rng)
    return counted_paper(rng) if chosen < TIMED + COUNTED else trained_paper(rng)


def tally(papers: int, seed: int, *, progress: bool = False) -> Counter[Judgement]:
    """How often each word was said, and was wrong."""
    found: Counter[Judgement] = Counter()
    for number in range(papers):
        found.update(judgements(simulated(seed, number)))
        if progress and number % 50 == 49:
            print(f"\r{number + 1} of {papers} papers", end="", file=sys.stderr, flush=True)
    return found


def power(repeats: int, seed: int, spreads: Sequence[float] = SPREADS) -> Counter[Judgement]:
    """What is said of a true difference of one point, by tier, seeds and deviation between seeds."""
    found: Counter[Judgement] = Counter()
    for tier, seeds, spread in itertools.product(("smoke", "lab", "full"), (3, 5), spreads):
        for number in range(repeats):
            rng = np.random.default_rng([seed, seeds, round(100 * spread), number])
            paper = one_point_paper(rng, tier, seeds, spread)
            snapshot = judged(paper)
            words = {"order": snapshot.claims[0].on_reproduced.holds}
            if tier == "full":
                cells = {verdict.row: verdict.verdict for verdict in snapshot.verdicts}
                words |= {"off by 1": cells["m1"], "reproduction": cells["m2"]}
            found.update(
                Judgement(what, tier, seeds, f"{spread:g}", str(word), None)
                for what, word in words.items()
            )
    return found


def both(arguments: argparse.Namespace) -> Figures:
    """The figures of this judge, from this process."""
    words = tally(arguments.papers, arguments.seed, progress=True)
    return Figures(words, power(arguments.repeats, arguments.seed))


def of_revision(revision: str, arguments: argparse.Namespace) -> Figures:
    """The same figures of older code, exported to a temporary folder and run there on the same papers."""
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(
            ["git", "archive", revision, "bench", "tests"],
            cwd=ROOT,
            check=True,
            capture_output=True,
        )
        subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
        for module in MODULES:
            shutil.copy(ROOT / "tests/benchmarks" / module, Path(folder, "tests/benchmarks"))
        command = [sys.executable, "-m", "tests.benchmarks.judge_calibration", "--json"]
        for name in ("papers", "seed", "repeats"):
            command += [f"--{name}", str(getattr(arguments, name))]
        found = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE)
    return Figures.read(found.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--papers", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--repeats", type=int, default=100, help="papers per point of power")
    parser.add_argument("--old", default="f68575d", help="revision to compare with; '' for none")
    parser.add_argument("--json", action="store_true", help="this judge's figures only, as data")
    parser.add_argument("--doc", type=Path, help="page whose figures are replaced")
    arguments = parser.parse_args()
    now = both(arguments)
    if arguments.json:
        print(now.text())
        return
    old = of_revision(arguments.old, arguments) if arguments.old else None
    page = report(now, old, arguments.old)
    print(page)
    if arguments.doc:
        before = arguments.doc.read_text("utf-8").partition(MARK)[0]
        arguments.doc.write_text(f"{before}{MARK}\n\n{page}", "utf-8")


if __name__ == "__main__":
    main()
