"""The whole site: from verdicts to a folder of HTML that opens from disk.

    build(snapshot, catalog, store, out)

No page fetches anything; every link inside the site is relative.
"""

from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment

from bench.catalog import Catalog
from bench.records import Snapshot
from bench.schema import METRICS
from bench.store import Store
from reports import names
from reports.cells import Judged, Tally
from reports.evidence import Measured
from reports.leaderboard import FIRST_SHOWN, leaderboard
from reports.models import ModelView, model_views
from reports.papers import PaperView, paper_view
from reports.plots import agreement_charts, cost_charts, dot_chart
from reports.render import environment
from reports.words import METRIC_LABELS
from reports.writer import BuildReport, Writer

STATIC = ("style.css", "site.js")


def build(snapshot: Snapshot, catalog: Catalog, store: Store, out: Path) -> BuildReport:
    """Write the site to `out`; only files whose content changed are touched.

    Raises `SiteError` if `out` holds something else than a site or cannot be written.
    """
    return Site(snapshot, catalog, store).write(Writer(out))


class Site:
    """Everything the pages show, collected once."""

    def __init__(self, snapshot: Snapshot, catalog: Catalog, store: Store) -> None:
        self.snapshot = snapshot
        self.catalog = catalog
        self.measured = Measured.of(store)
        self.judged = Judged(catalog, snapshot, self.measured)
        self.papers: list[PaperView] = [
            paper_view(self.judged, snapshot, paper) for paper in catalog.papers.values()
        ]
        self.board = leaderboard(self.judged, self.measured)
        self.models: list[ModelView] = model_views(catalog, self.judged, self.measured)

    def write(self, writer: Writer) -> BuildReport:
        """Render every page into `writer`."""
        env = environment()
        env.globals.update(site=self, made=self.snapshot.made)
        self._page(env, writer, "index.html", "index.html", tally=Tally.of(self.judged.cells()))
        for paper in self.papers:
            self._page(env, writer, names.paper_page(paper.paper.id), "paper.html", view=paper)
        board = {
            "board": self.board,
            "metrics": METRICS,
            "first": FIRST_SHOWN,
            "labels": METRIC_LABELS,
        }
        self._page(env, writer, "leaderboard.html", "leaderboard.html", **board)
        charts = {"agreement": agreement_charts(self.judged), "cost": cost_charts(self.board)}
        self._page(env, writer, "plots.html", "plots.html", **charts)
        tables = list(self.judged.tables.values())
        for before, table, after in zip([None, *tables], tables, [*tables[1:], None], strict=False):
            page = names.table_page(table.name)
            around = {"before": before, "after": after, "chart": dot_chart(table)}
            self._page(env, writer, page, "table.html", view=table, **around)
        for model in self.models:
            self._page(env, writer, names.model_page(model.name), "model.html", view=model)
        for name in STATIC:
            writer.add(f"static/{name}", _static(name))
        return writer.finish()

    def _page(
        self, env: Environment, writer: Writer, page: str, template: str, **content: Any
    ) -> None:
        root = "../" * page.count("/")
        html = env.get_template(template).render(root=root, page=page, **content)
        writer.add(page, html)


def _static(name: str) -> bytes:
    return (resources.files("reports") / "static" / name).read_bytes()
