"""Every page and every download of a site, rendered by several processes where there are many."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from bench.forks import divided
from reports.build.cache import Keys
from reports.build.static import static_files
from reports.build.templates import addresses, environment
from reports.build.writer import Part, Writer
from reports.charts.ratio import RatioChart, ratio_charts
from reports.charts.saved import chart_csv, saved_style
from reports.charts.scatter import CostChart, cost_charts
from reports.charts.worth import LEAST_PLACES
from reports.content import Site
from reports.exports import exchange, model_cards
from reports.exports.badges import model_badge, paper_badges
from reports.exports.croissant import croissant_files
from reports.exports.tables import ENDINGS, bibtex, leaderboard_files, table_files
from reports.pages.board import address, board_page
from reports.pages.claims import chips
from reports.pages.compare_runs import compared_by
from reports.pages.compare_snapshots import to_json
from reports.pages.evidence import ResultView, comparison_data
from reports.pages.explore import poses_script
from reports.pages.history import feed, history_files, history_views
from reports.pages.model import ModelView
from reports.pages.overview import overview, unmeasured_misprints
from reports.pages.paper import PaperView
from reports.pages.search import KINDS, documents, protocol_anchor, protocols, search_data
from reports.pages.submissions import submission_views
from reports.pages.volunteers import volunteers
from reports.views import urls
from reports.views.boards import boards
from reports.views.differing import differences
from reports.views.results import sessions
from reports.views.states import ValueList
from reports.views.table import TableView, Tally

#: Pages that are worth one more process.
LEAST = 300
#: Papers that fit into the menu of every page; more are on the first page only.
MENU = 20

Job = Callable[[], None]


class Pages:
    """Renders a site into a writer, page by page."""

    def __init__(self, site: Site, writer: Writer) -> None:
        self.site = site
        self.writer = writer
        self.env = environment()
        methods = {view.paper.id: view.paper.method for view in site.papers}
        menu = [*methods.items()] if len(methods) <= MENU else []
        common = {"menu": menu, "made": site.snapshot.made, "empty": site.empty}
        self.env.globals.update(methods=methods, **common, **addresses())
        self.keys = Keys(common, len(methods))

    def write(self) -> list[Part]:
        """All pages and all downloads; what each job wrote."""
        return divided(self._written, list(self.jobs()), least=LEAST)

    def _written(self, job: Job) -> Part:
        self.writer.part = Part()
        job()
        return self.writer.part

    def jobs(self) -> Iterator[Job]:
        """What there is to render, in parts that know nothing of each other; what all pages have in common first."""
        site = self.site
        yield from (self.overview, self.leaderboards, self.evidence, self.search, self.compare)
        yield from (self.volunteers, self.claims, self.plots, self.explore, self.history)
        yield self.downloads
        for values in site.matrix.lists:
            yield partial(self.values, values)
        tables = list(site.judged.tables.values())
        for before, table, after in zip([None, *tables], tables, [*tables[1:], None], strict=False):
            yield partial(self.table, before, table, after)
        for paper in site.papers:
            yield partial(self.paper, paper)
        for model in site.models:
            yield partial(self.model, model)
        for result in site.results:
            yield partial(self.result, result)

    # ------------------------------------------------------------ one of each

    def overview(self) -> None:
        """Index, models, notes on how to read, what was submitted, static files."""
        site, cells = self.site, list(self.site.judged.cells())
        deviating = differences(cells, site.catalog, ("deviates", "better"))
        undecided = differences(cells, site.catalog, ("inconclusive",))
        shown = overview(site.matrix, site.papers, deviating, undecided)
        self.page("index.html", "index.html", site=site, view=shown, tally=Tally.of(cells))
        known: dict[str, Any] = {"papers": site.papers, "view": shown}
        known["misprints"] = unmeasured_misprints(site.papers)
        self.page("differs.html", "differs.html", **known)
        self.page("models.html", "models.html", site=site)
        self.page("how-it-works.html", "how.html", site=site, sessions=sessions(site.index))
        self.page("submissions.html", "submissions.html", views=submission_views(site.index))
        for name, content in static_files():
            self.writer.add(f"static/{name}", content)

    def downloads(self) -> None:
        """Bibliography, snapshot, the leaderboard's and the models' files."""
        site = self.site
        for ending, content in leaderboard_files(site.board).items():
            self.writer.add(f"files/leaderboard.{ending}", content)
        self.writer.add("files/references.bib", bibtex(site.catalog.papers.values()))
        self.writer.add("files/model-index.yml", model_cards.model_index(site.models))
        self.writer.add("snapshot.json", to_json(site.snapshot))

    def compare(self) -> None:
        """Two results of one data set beside each other; what changed since an earlier snapshot."""
        site = self.site
        shown: dict[str, Any] = {"comparison": site.comparison, "groups": site.groups, "site": site}
        self.page("compare.html", "compare.html", metrics=compared_by(site.groups), **shown)

    def evidence(self) -> None:
        """The page that lists all results and compares two of them."""
        described = {urls.croissant_file(name): text for name, text in croissant_files()}
        views = self.site.results
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

    def leaderboards(self) -> None:
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

    # ------------------------------------------------------------ one of many

    def values(self, values: ValueList) -> None:
        """A list of values that the overview counts."""
        if not self.writer.current([values.page], key := self.keys.of(values)):
            self.page(values.page, "values.html", key, view=values)

    def paper(self, paper: PaperView) -> None:
        """A paper's page, its notes, its badges."""
        cite = bibtex([paper.paper])
        badges = paper_badges(paper.paper, self.site.judged.cells(paper.paper.id))
        shown: dict[str, Any] = {"view": paper, "bibliography": cite, "badges": badges}
        shown["claims"] = [one for one in self.site.claims if one.paper.id == paper.paper.id]
        self.page(urls.paper_page(paper.paper.id), "paper.html", **shown)
        for one in badges:
            self.page(one.file, "badge.svg", **one.drawn)
        self.page(urls.notes_page(paper.paper.id), "notes.html", paper=paper.paper)

    def table(self, before: TableView | None, table: TableView, after: TableView | None) -> None:
        """A table, between two others, and as a download in every format."""
        page = urls.table_page(table.name)
        files = {urls.table_page(table.name, end): end for end in ENDINGS}
        links = [one and (one.name, one.paper.method, one.table.table) for one in (before, after)]
        key = self.keys.of(table, links)
        if self.writer.current([page, *files], key):
            return
        content = table_files(table)
        shown: dict[str, Any] = {"before": before, "view": table, "after": after}
        self.page(
            page, "table.html", key, files=content, bibliography=bibtex([table.paper]), **shown
        )
        for name, ending in files.items():
            self.writer.add(name, content[ending], key)

    def model(self, model: ModelView) -> None:
        """A model's page, its card, its badge and the pictures of its runs."""
        page, card, badge = (urls.model_page(model.name, end) for end in ("html", "md", "svg"))
        traces = {name: self.site.judged.traces[name] for name in model.sources}
        key = self.keys.of(model, traces)
        if not self.writer.current([page, card, badge], key):
            shown = model_badge(model)
            self.page(page, "model.html", key, view=model, traces=traces, badge_text=shown["text"])
            self.writer.add(card, model_cards.model_card(model), key)
            self.page(badge, "badge.svg", key, **shown)
        for gallery in filter(None, (run.gallery for run in model.runs)):
            for source, picture in gallery.files():
                address = urls.picture_file(picture.sha256)
                self.writer.copy(address, source, picture.size, picture.sha256)

    def result(self, view: ResultView) -> None:
        """A result's page and files."""
        key = self.keys.of(view.stored.result, view.trace, view.cells)
        files = exchange.files_of(view, self.site.catalog, self.site.snapshot.made)
        if not self.writer.current([view.page, view.json_file, *files], key):
            self.page(view.page, "result.html", key, view=view, files=files)
            self.writer.add(view.json_file, view.content, key)
            for name, content in files.items():
                self.writer.add(name, content, key)

    def page(self, page: str, template: str, key: str = "", **content: Any) -> None:
        """Render one template to `page`; `root` is the relative path to the site's root. `key`: see `Writer.add`."""
        root = "../" * page.count("/")
        html = self.env.get_template(template).render(root=root, page=page, **content)
        self.writer.add(page, html, key)
