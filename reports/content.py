"""Everything the pages show, collected once."""

from collections.abc import Sequence

from bench.catalog.load import Catalog
from bench.judge.history import Entry
from bench.judge.records import Snapshot
from bench.results.index import ResultIndex
from bench.results.store import Store
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
