"""The tables of docs/small-scale.md: what the committed small trainings gave, and what they say of registered claims.

python -m tests.benchmarks.small_scale_page docs/small-scale.md
"""

import re
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bench.catalog.load import load_catalog
from bench.judge.evidence import Measurements
from bench.judge.records import ClaimVerdict, Snapshot
from bench.judge.verdicts import judge_all
from bench.results.index import ResultIndex
from bench.results.records import AccuracyResult
from bench.results.store import Store
from tests.benchmarks.counters_page import BLOCK

_FOUND = re.compile(r"(?:difference|smallest of \d+ differences) (\S+ \[[^\]]+\])")
_MORE = re.compile(r"(?:about|more than|no number of) [^;]*seeds[^;]*")


def write_page(page: Path) -> None:
    """Writes each generated block of the page, between its two comments, anew. Only committed results are looked at."""
    with tempfile.TemporaryDirectory() as empty:
        index = ResultIndex(Store(root=Path(empty)))
        snapshot = judge_all(Measurements(load_catalog(), index))
    blocks = {"claims": claims(snapshot), "runs": runs(index)}
    text = page.read_text("utf-8")
    page.write_text(BLOCK.sub(lambda m: m[1] + "\n".join(blocks[m[2]]) + "\n" + m[3], text))


def claims(snapshot: Snapshot) -> Iterator[str]:
    """A row for each claim that is registered for smoke and measured, with the smallest of its differences."""
    found = [one for one in snapshot.claims if one.claim.registration("smoke")]
    counted = Counter(one.on_reproduced.holds for one in found)
    yield f"Of {len(found)} claims: {', '.join(f'{n} {word}' for word, n in counted.most_common())}."
    yield ""
    yield "| claim | | difference |"
    yield "|---|---|---|"
    for one in (one for one in found if one.on_reproduced.holds != "open"):
        yield f"| {one.paper}: {one.claim.claim} | {one.on_reproduced.holds} | {_difference(one)} |"


def _difference(one: ClaimVerdict) -> str:
    reason = one.on_reproduced.reason
    found = _FOUND.search(reason)
    more = _MORE.search(reason)
    blind = "a pose that ignores the image is better" if "ignores the image" in reason else None
    return "; ".join(filter(None, [found and found[1], more and more[0], blind])) or reason


def runs(index: ResultIndex) -> Iterator[str]:
    """A row for each run: its metric by seed."""
    yield "| run | length | metric | untrained | minutes a seed |"
    yield "|---|---|---|---|---|"
    for name, stored in index.accuracies.items():
        seeds = [one.result for one in stored if one.result.tier == "smoke"]
        lead = next(iter(seeds[0].metrics))
        values = " ".join(f"{one.metrics[lead]:.1f}" for one in seeds)
        before = statistics.mean(one.untrained[lead] for one in seeds)
        yield f"| {name} | {seeds[0].training['length']} | {lead} {values} | {before:.1f} | {_minutes(seeds)} |"


def _minutes(seeds: list[AccuracyResult]) -> str:
    took = [
        float(one.provenance.volatile["seconds"])
        for one in seeds
        if "seconds" in one.provenance.volatile
    ]
    return f"{statistics.median(took) / 60:.1f}" if took else ""


if __name__ == "__main__":
    write_page(Path(sys.argv[1]))
