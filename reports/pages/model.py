"""The page of one model: architecture, counts, speeds, runs and accuracies, and where papers print it."""

from dataclasses import dataclass

from bench.catalog.load import Catalog
from bench.catalog.quantities import METRICS
from bench.catalog.schema import Paper, Run
from bench.judge.untested import Job
from bench.results.index import ResultIndex
from bench.results.records import AccuracyResult, CountResult, SpeedResult, Timing
from bench.results.store import Stored
from reports.charts.curves import CurveChart, curve_charts
from reports.charts.error_types import DiagnosisView, run_diagnosis
from reports.pages import model_facts
from reports.pages.gallery import GalleryView, gallery_view
from reports.views.cell import CellView
from reports.views.table import Judged, RowView, TableView

MOST_RATIOS = 60


@dataclass(frozen=True)
class SpeedRow:
    """One timing of the model, and its speed relative to other models of the same measurement."""

    name: str
    result: SpeedResult
    timing: Timing
    ratios: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class RunView:
    """One run of the model with its results."""

    name: str
    paper: str
    run: Run
    results: tuple[Stored[AccuracyResult], ...]
    gallery: GalleryView | None

    @property
    def diagnosis(self) -> DiagnosisView | None:
        """The kinds of errors behind its accuracy."""
        return run_diagnosis(self.name, [stored.result for stored in self.results])

    @property
    def curves(self) -> list[CurveChart]:
        """Training curves, one chart per tier."""
        return list(curve_charts(self.name, [stored.result for stored in self.results]))


@dataclass(frozen=True)
class ModelView:
    """Everything that a model page shows."""

    name: str
    facts: tuple[tuple[str, str], ...]
    method: str | None
    owner: Paper | None
    printed_by: tuple[Paper, ...]
    jobs: tuple[Job, ...]
    files: tuple[tuple[str, str], ...]
    count: CountResult | None
    count_name: str | None
    speeds: tuple[SpeedRow, ...]
    runs: tuple[RunView, ...]
    appearances: tuple[tuple[TableView, RowView, tuple[CellView, ...]], ...]
    counters: tuple[model_facts.CounterRow, ...] = ()

    @property
    def sources(self) -> list[str]:
        """Files of all results on the page."""
        found = [self.count_name] if self.count_name else []
        found += [line.name for line in self.speeds]
        return found + [stored.file for run in self.runs for stored in run.results]

    @property
    def printed(self) -> list[tuple[TableView, RowView, CellView]]:
        """Every printed value of the model, by quantity, then in printed order."""
        every = [(t, row, cell) for t, row, cells in self.appearances for cell in cells]
        order = list(METRICS)
        shown = [one for one in every if one[2].cell.printed and one[2].word.key != "empty"]
        return sorted(shown, key=lambda one: order.index(one[2].cell.metric or order[-1]))

    @property
    def diagnosed(self) -> bool:
        return any(run.diagnosis for run in self.runs)

    @property
    def modules(self) -> list[tuple[str, dict[str, float]]]:
        return list(self.count.by_module.items()) if self.count else []

    @property
    def module_columns(self) -> list[str]:
        """What is counted per module, in order of first appearance."""
        return list(dict.fromkeys(key for _, counts in self.modules for key in counts))


def model_names(catalog: Catalog, judged: Judged, index: ResultIndex) -> list[str]:
    """Every model that a run, a printed row or a result names."""
    found = {run.config for run in catalog.runs.values()}
    found |= {cell.model for cell in judged.cells() if cell.model}
    return sorted(found.union(index.counts, *(one.result.timings for one in index.speeds)))


def model_views(catalog: Catalog, judged: Judged, index: ResultIndex) -> list[ModelView]:
    """All models, by name."""
    runs: dict[str, list[RunView]] = {}
    for name, run in catalog.runs.items():
        results = tuple(index.accuracies.get(name, []))
        gallery = gallery_view(results, index.galleries)
        view = RunView(name, catalog.run_papers[name], run, results, gallery)
        runs.setdefault(run.config, []).append(view)
    appearances = _appearances(judged)
    keys = {
        model: key for key, method in catalog.methods.methods.items() for model in method.models
    }
    return [
        ModelView(
            name=name,
            facts=tuple(model_facts.facts(name)),
            method=catalog.methods.methods[keys[name]].name if name in keys else None,
            owner=model_facts.owner(name, catalog),
            printed_by=_printed_by(appearances.get(name, [])),
            jobs=tuple(judged.untested.training(run.name) for run in runs.get(name, [])),
            files=tuple(model_facts.files(name)),
            count=index.counts[name].result if name in index.counts else None,
            count_name=index.counts[name].file if name in index.counts else None,
            speeds=tuple(_speed(name, one.file, one.result) for one in index.speeds_of(name)),
            runs=tuple(runs.get(name, [])),
            appearances=tuple(appearances.get(name, [])),
            counters=tuple(
                model_facts.counters(
                    index.public_counts.get(name),
                    index.counts[name].result if name in index.counts else None,
                )
            ),
        )
        for name in model_names(catalog, judged, index)
    ]


def _speed(model: str, name: str, result: SpeedResult) -> SpeedRow:
    own = result.timings[model]
    others = result.timings if len(result.timings) <= MOST_RATIOS else {}
    ratios = tuple(
        (other, timing.median_ms / own.median_ms)
        for other, timing in sorted(others.items())
        if other != model
    )
    return SpeedRow(name, result, own, ratios)


def _printed_by(
    appearances: list[tuple[TableView, RowView, tuple[CellView, ...]]],
) -> tuple[Paper, ...]:
    """The papers whose tables contain the model."""
    return tuple({table.paper.id: table.paper for table, _, _ in appearances}.values())


def _appearances(
    judged: Judged,
) -> dict[str, list[tuple[TableView, RowView, tuple[CellView, ...]]]]:
    """Model -> the printed rows it appears in, with the cells that are about it."""
    found: dict[str, list[tuple[TableView, RowView, tuple[CellView, ...]]]] = {}
    for table in judged.tables.values():
        for row in table.rows:
            for model in sorted({cell.model for cell in row.cells if cell.model}):
                own = tuple(c for c in row.cells if c.model == model and c.word.key != "setting")
                found.setdefault(model, []).append((table, row, own))
    return found
