"""The whole site: from verdicts to a folder of HTML that opens from disk.

    build(snapshot, catalog, results, out)

Pages load nothing from the network; every link within the site is relative.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.catalog.load import Catalog
from bench.judge.history import Entry
from bench.judge.records import Snapshot
from bench.results.index import ResultIndex
from bench.results.store import Store
from reports.build.cache import Keys
from reports.build.static import static_files
from reports.build.templates import addresses, environment
from reports.build.writer import BuildReport, Writer, building
from reports.charts.ratio import RatioChart, ratio_charts
from reports.charts.saved import chart_csv, saved_style
from reports.charts.scatter import CostChart, cost_charts
from reports.charts.worth import LEAST_PLACES
from reports.exports import exchange, model_cards
from reports.exports.badges import model_badge, paper_badges
from reports.exports.croissant import croissant_files
from reports.exports.tables import ENDINGS, bibtex, leaderboard_files, table_files
from reports.pages.board import address, board_page
from reports.pages.claims import chips, claim_views
from reports.pages.compare_runs import compared_by, comparison_groups
from reports.pages.compare_snapshots import Comparison, compare, to_json
from reports.pages.evidence import comparison_data, result_views
from reports.pages.explore import explored, poses_script
from reports.pages.history import feed, history_files, history_views
from reports.pages.model import ModelView, RunView, model_views
from reports.pages.overview import overview, unmeasured_misprints
from reports.pages.paper import PaperView, paper_view
from reports.pages.search import KINDS, documents, protocol_anchor, protocols, search_data
from reports.pages.submissions import submission_views
from reports.pages.volunteers import volunteers
from reports.views import urls
from reports.views.boards import boards
from reports.views.differing import differences
from reports.views.leaderboard import leaderboard
from reports.views.results import sessions
from reports.views.states import Matrix
from reports.views.table import Judged, Tally


def build(
    snapshot: Snapshot,
    catalog: Catalog,
    results: Store | ResultIndex,
    out: Path,
    *,
    previous: Snapshot | None = None,
    history: Sequence[Entry] = (),
) -> BuildReport:
    """Write the site to `out`; only files whose content changed are touched.

    previous: an earlier snapshot (a site keeps its own as `snapshot.json`); adds what changed to the comparison page.
    history: every recorded change (`bench.judge.history`). Raises `SiteError` if `out` contains anything other than a
    site or cannot be written.
    """
    site = Site(snapshot, catalog, results, previous, history)
    with building(out) as writer:
        Pages(site, writer).write()
        return writer.finish()


class Site:
    """Everything the pages show, collected once."""

    def __init__(
        self,
        snapshot: Snapshot,
        catalog: Catalog,
        results: Store | ResultIndex,
        previous: Snapshot | None = None,
        history: Sequence[Entry] = (),
    ) -> None:
        self.history, self.snapshot, self.catalog = history, snapshot, catalog
        self.index = results if isinstance(results, ResultIndex) else ResultIndex(results)
        self.judged = Judged(catalog, snapshot, self.index, history)
        self.papers: list[PaperView] = [
            paper_view(self.judged, snapshot, paper) for paper in catalog.papers.values()
        ]
        self.board = leaderboard(self.judged, self.index)
        self.models: list[ModelView] = model_views(catalog, self.judged, self.index)
        self.explored = explored(self.models, list(catalog.runs))
        self.groups = comparison_groups(self.index)
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


class Pages:
    """Renders a site into a writer, page by page."""

    def __init__(self, site: Site, writer: Writer) -> None:
        self.site = site
        self.writer = writer
        self.env = environment()
        menu = [(view.paper.id, view.paper.method) for view in site.papers]
        common = {"menu": menu, "made": site.snapshot.made, "empty": site.empty}
        self.env.globals.update(methods=dict(menu), **common, **addresses())
        self.keys = Keys(common)

    def write(self) -> None:
        """All pages and all downloads."""
        site = self.site
        self.overview()
        for paper in site.papers:
            cite = bibtex([paper.paper])
            badges = paper_badges(paper.paper, site.judged.cells(paper.paper.id))
            shown: dict[str, Any] = {"view": paper, "bibliography": cite, "badges": badges}
            shown["claims"] = [one for one in site.claims if one.paper.id == paper.paper.id]
            self.page(urls.paper_page(paper.paper.id), "paper.html", **shown)
            for one in badges:
                self.page(one.file, "badge.svg", **one.drawn)
            self.page(urls.notes_page(paper.paper.id), "notes.html", paper=paper.paper)
        self.tables()
        self.models()
        self.overviews()
        self.evidence()
        self.volunteers()
        self.claims()
        self.search()
        self.history()
        for name, content in static_files():
            self.writer.add(f"static/{name}", content)

    def overview(self) -> None:
        """Index, what differs, the lists of values that they count, models, how it works."""
        site, cells = self.site, list(self.site.judged.cells())
        deviating = differences(cells, site.catalog, ("deviates", "better"))
        undecided = differences(cells, site.catalog, ("inconclusive",))
        shown = overview(site.matrix, site.papers, deviating, undecided)
        self.page("index.html", "index.html", site=site, view=shown, tally=Tally.of(cells))
        known: dict[str, Any] = {"papers": site.papers, "view": shown}
        known["misprints"] = unmeasured_misprints(site.papers)
        self.page("differs.html", "differs.html", **known)
        for one in site.matrix.lists:
            if not self.writer.current([one.page], key := self.keys.of(one)):
                self.page(one.page, "values.html", key, view=one)
        self.page("models.html", "models.html", site=site)
        self.page("how-it-works.html", "how.html", site=site, sessions=sessions(site.index))

    def tables(self) -> None:
        """One page per table, and the table as a download in every format."""
        tables = list(self.site.judged.tables.values())
        for before, table, after in zip([None, *tables], tables, [*tables[1:], None], strict=False):
            page = urls.table_page(table.name)
            files = {urls.table_page(table.name, end): end for end in ENDINGS}
            links = [
                one and (one.name, one.paper.method, one.table.table) for one in (before, after)
            ]
            key = self.keys.of(table, links)
            if self.writer.current([page, *files], key):
                continue
            content = table_files(table)
            shown: dict[str, Any] = {"before": before, "view": table, "after": after}
            cite = bibtex([table.paper])
            self.page(page, "table.html", key, files=content, bibliography=cite, **shown)
            for name, ending in files.items():
                self.writer.add(name, content[ending], key)

    def models(self) -> None:
        """One page per model, its card and its badge."""
        for model in self.site.models:
            page, card, badge = (urls.model_page(model.name, end) for end in ("html", "md", "svg"))
            traces = {name: self.site.judged.traces[name] for name in model.sources}
            key = self.keys.of(model, traces)
            if not self.writer.current([page, card, badge], key):
                shown = model_badge(model)
                self.page(page, "model.html", key, view=model, traces=traces, badge=shown["text"])
                self.writer.add(card, model_cards.model_card(model), key)
                self.page(badge, "badge.svg", key, **shown)
            for run in model.runs:
                self.pictures(run)
        self.writer.add("files/model-index.yml", model_cards.model_index(self.site.models))

    def pictures(self, run: RunView) -> None:
        """The pictures of a run's gallery."""
        for source, picture in run.gallery.files() if run.gallery else ():
            address = urls.picture_file(picture.sha256)
            self.writer.copy(address, source, picture.size, picture.sha256)

    def overviews(self) -> None:
        """Leaderboard, plots, comparison, bibliography, snapshot."""
        site = self.site
        self.boards()
        for ending, content in leaderboard_files(site.board).items():
            self.writer.add(f"files/leaderboard.{ending}", content)
        self.page("submissions.html", "submissions.html", views=submission_views(site.index))
        self.plots()
        self.explore()
        shown: dict[str, Any] = {"comparison": site.comparison, "groups": site.groups, "site": site}
        self.page("compare.html", "compare.html", metrics=compared_by(site.groups), **shown)
        self.writer.add("files/references.bib", bibtex(site.catalog.papers.values()))
        self.writer.add("snapshot.json", to_json(site.snapshot))

    def evidence(self) -> None:
        """A page and a file of each result, and the page that compares them."""
        views = result_views(self.site.judged, self.site.index)
        for view in views:
            key = self.keys.of(view.stored.result, view.trace, view.cells)
            files = exchange.files_of(view, self.site.catalog, self.site.snapshot.made)
            if not self.writer.current([view.page, view.json_file, *files], key):
                self.page(view.page, "result.html", key, view=view, files=files)
                self.writer.add(view.json_file, view.content, key)
                for name, content in files.items():
                    self.writer.add(name, content, key)
        described = {urls.croissant_file(name): text for name, text in croissant_files()}
        self.page("evidence.html", "evidence.html", views=views, described=list(described))
        for name, text in described.items():
            self.writer.add(name, text)
        self.writer.add("files/evidence.js", comparison_data(views))

    def volunteers(self) -> None:
        """What is not tested, by what a GPU-hour would settle."""
        self.page("volunteers.html", "volunteers.html", **volunteers(self.site.judged.untested))

    def claims(self) -> None:
        """All claims, the failing ones first."""
        site, views = self.site, self.site.claims
        counts = Counter(view.paper.id for view in views)
        papers = [(paper, counts[key]) for key, paper in site.catalog.papers.items() if counts[key]]
        self.page("claims.html", "claims.html", views=views, chips=chips(views), papers=papers)

    def search(self) -> None:
        """What the search finds, and a page that lists it."""
        site = self.site
        found = documents(site.catalog, site.judged, site.models)
        shown: dict[str, Any] = {"kinds": KINDS, "protocols": protocols(site.judged)}
        shown |= {"found": found}
        self.page("search.html", "search.html", protocol_anchor=protocol_anchor, **shown)
        self.writer.add("files/search.js", search_data(found))

    def plots(self) -> None:
        """The charts of all papers, each also as files to keep."""
        ratios, costs = ratio_charts(self.site.judged), cost_charts(boards(self.site.board))
        self.page("plots.html", "plots.html", ratios=ratios, costs=costs, least=LEAST_PLACES)
        charts: list[RatioChart | CostChart] = [*ratios, *costs]
        for chart in charts:
            svg, data = (urls.chart_file(chart.key, ending) for ending in ("svg", "csv"))
            self.page(svg, "chart.svg", chart=chart, style=saved_style())
            self.writer.add(data, chart_csv(chart))

    def explore(self) -> None:
        """One image over all networks; the poses of each run are a file that the page loads when they are chosen."""
        self.page("explore.html", "explore.html", runs=self.site.explored)
        for one in filter(lambda run: run.file, self.site.explored):
            self.writer.add(one.file, poses_script(one))

    def boards(self) -> None:
        """One page per board; the first is the page Leaderboard."""
        every = boards(self.site.board)
        if not every:
            self.page("leaderboard.html", "leaderboard.html", board=None)
            return
        places = {one.key: address(one, every[0]) for one in every}
        tables = self.site.judged.tables.items()
        labels = {name: f"{view.paper.method} {view.table.table}" for name, view in tables}
        for one in every:
            shown = board_page(one, labels, self.site.board.machine)
            shown |= {"boards": every, "addresses": places}
            self.page(places[one.key], "leaderboard.html", **shown)

    def history(self) -> None:
        """How verdicts changed: a page of all papers, one of each, the feed, the recorded lines."""
        papers, entries = self.site.catalog.papers, self.site.history
        views = list(history_views(self.site.catalog, entries))
        named = [(v.page, papers[v.paper].method if v.paper else "All papers") for v in views]
        for view in views:
            self.page(view.page, "history.html", view=view, pages=named, papers=papers)
        self.page("feed.xml", "feed.xml", changes=feed(entries))
        for name, content in history_files(entries).items():
            self.writer.add(name, content)

    def page(self, page: str, template: str, key: str = "", **content: Any) -> None:
        """Render one template to `page`; `root` is the relative path to the site's root. `key`: see `Writer.add`."""
        root = "../" * page.count("/")
        html = self.env.get_template(template).render(root=root, page=page, **content)
        self.writer.add(page, html, key)
