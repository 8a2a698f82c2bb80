"""The whole site: from verdicts to a folder of HTML that opens from disk.

    build(snapshot, catalog, results, out)

Pages load nothing from the network; every link within the site is relative.
"""

from collections.abc import Sequence
from pathlib import Path

from bench.catalog.load import Catalog
from bench.judge.history import Entry
from bench.judge.records import Snapshot
from bench.results.index import ResultIndex
from bench.results.store import Store
from reports.all_pages import Pages
from reports.build.writer import BuildReport, building
from reports.pages.claims import claim_views
from reports.pages.compare_runs import comparison_groups
from reports.pages.compare_snapshots import Comparison, compare
from reports.pages.evidence import ResultView, result_views
from reports.pages.explore import explored
from reports.pages.model import ModelView, model_views
from reports.pages.paper import PaperView, paper_view
from reports.views.going import NOTHING, Going
from reports.views.leaderboard import leaderboard
from reports.views.states import Matrix
from reports.views.table import Judged


def build(
    snapshot: Snapshot,
    catalog: Catalog,
    results: Store | ResultIndex,
    out: Path,
    *,
    previous: Snapshot | None = None,
    history: Sequence[Entry] = (),
    going: Going = NOTHING,
) -> BuildReport:
    """Write the site to `out`; only files whose content changed are touched.

    previous: an earlier snapshot (a site keeps its own as `snapshot.json`); adds what changed to the comparison page.
    history: every recorded change (`bench.judge.history`). going: what is being measured meanwhile. Raises `SiteError`
    if `out` contains anything other than a site or cannot be written.
    """
    site = Site(snapshot, catalog, results, previous, history, going)
    with building(out) as writer:
        return writer.finish(Pages(site, writer).write())


class Site:
    """Everything the pages show, collected once."""

    def __init__(
        self,
        snapshot: Snapshot,
        catalog: Catalog,
        results: Store | ResultIndex,
        previous: Snapshot | None = None,
        history: Sequence[Entry] = (),
        going: Going = NOTHING,
    ) -> None:
        self.history, self.snapshot, self.catalog = history, snapshot, catalog
        self.going = going
        self.index = results if isinstance(results, ResultIndex) else ResultIndex(results)
        self.judged = Judged(catalog, snapshot, self.index, history)
        self.papers: list[PaperView] = [
            paper_view(self.judged, snapshot, paper) for paper in catalog.papers.values()
        ]
        self.board = leaderboard(self.judged, self.index)
        self.models: list[ModelView] = model_views(catalog, self.judged, self.index)
        self.explored = explored(self.models, list(catalog.runs))
        self.groups = comparison_groups(self.index)
        self.results: list[ResultView] = result_views(self.judged, self.index)
        methods = {paper.id: paper.method for paper in catalog.papers.values()}
        self.matrix = Matrix(self.judged.cells(), methods)
        self.claims = claim_views(catalog, snapshot, self.judged.untested)
        self.comparison: Comparison | None = compare(previous, snapshot) if previous else None

    @property
    def empty(self) -> list[str]:
        """Pages that nothing is shown on yet; the menu leaves them out."""
        pairs = self.comparison or sum(len(group.results) for group in self.groups) > 1
        found = {"explore.html": self.explored, "compare.html": pairs}
        return [page for page, shown in found.items() if not shown]

    @property
    def commits(self) -> set[str]:
        """Commits of the code that measured anything."""
        return {stored.result.provenance.commit for stored in self.index.measured}
