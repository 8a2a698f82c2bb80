"""What the five papers cost at the full tier: GPU-hours of each table, from counted operations.

    python -m tests.benchmarks.full_tier_hours

Needs the counts of `repropose repro count-transpose count-tfpose ...` in results/counted. Trainings of all seeds that
a run has at the full tier; a run that several tables show is counted in each, and once in the total (docs/scale.md).
"""

from bench.catalog.load import load_catalog
from bench.commands.common import results_store
from bench.judge.cost import ASSUMPTION, training_hours
from bench.pipeline.fingerprints import measured_runs
from bench.results.index import ResultIndex


def main() -> None:
    catalog, index = load_catalog(), ResultIndex(results_store())
    known = measured_runs(catalog)
    each = {name: training_hours(run.config, index) for name, run in known.items()}
    print("| table | trainings | GPU-hours | not known |\n|---|---|---|---|")
    whole: set[str] = set()
    for table in catalog.tables:
        paper, _, number = table.rpartition("-")
        runs = {
            c.run
            for c in catalog.cells(paper, number)
            if c.run in known and c.column.kind not in ("count", "speed")
        }
        whole |= runs
        if runs:
            print(line(table, runs, each, known))
    print(line("all, each run once", whole, each, known))
    print(f"\n{ASSUMPTION}.")


def line(name: str, runs, each, known) -> str:
    seeds = {run: len(known[run].seeds.full) for run in runs}
    hours = sum(seeds[run] * (each[run] or 0.0) for run in runs)
    unknown = sum(each[run] is None for run in runs)
    return f"| {name} | {sum(seeds.values())} | {hours:,.0f} | {unknown or ''} |"


if __name__ == "__main__":
    main()
