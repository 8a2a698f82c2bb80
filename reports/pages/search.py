"""What the search finds: every paper, table, printed row, method, model, run, claim and protocol, with aliases.

The documents are collected here and loaded as a script when somebody searches; MiniSearch (static/minisearch, MIT)
indexes them in the browser. The page `search.html` lists them without scripts, except rows and claims, which are on the
pages of their tables and on that of claims.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from bench.catalog.cells import sizes_of
from bench.catalog.load import Catalog
from reports.pages.model import ModelView
from reports.views import urls
from reports.views.table import Judged, RowView, TableView
from reports.views.words import EVIDENCE, HOLDS, VERDICTS, clean, split_name

#: What else people call a metric.
ALIASES: Mapping[str, str] = {
    "AP": "mAP average precision OKS accuracy",
    "AP50": "AP@.5 AP.5",
    "AP75": "AP@.75 AP.75",
    "AR": "mAR average recall",
    "PCKh": "PCKh@0.5 percentage of correct keypoints",
    "params": "parameters params size",
    "flops": "FLOPs GFLOPs MACs GMACs operations multiply-accumulates complexity",
    "fps": "FPS speed frames per second",
    "latency": "latency speed milliseconds ms",
}
#: Pages that are about no paper: address, title, words.
PAGES = (
    ("leaderboard.html", "Leaderboard", "ranking board best model"),
    ("claims.html", "Claims", "sentences statements of the papers hold fail"),
    (
        "evidence.html",
        "Evidence",
        "results files JSON commit environment compare check digest SHA-256 verify",
    ),
    ("volunteers.html", "What to run next", "volunteers untested GPU hours contribute help"),
    ("plots.html", "Plots", "charts figures"),
    ("explore.html", "Images", "explore gallery poses attention error types two runs side by side"),
    ("compare.html", "Compare", "two runs snapshots"),
    ("history.html", "History", "changes of verdicts"),
    ("submissions.html", "Submissions", "external predictions submit"),
)


#: Kinds that the page lists, with their headings.
KINDS = (
    ("page", "Pages"),
    ("paper", "Papers"),
    ("table", "Tables"),
    ("method", "Methods"),
    ("model", "Models"),
    ("notes", "Interpretations"),
)


class Document(NamedTuple):
    """One thing that is found: its kind, its title, further words, its address from the root of the site."""

    kind: str
    title: str
    text: str
    url: str


def documents(catalog: Catalog, judged: Judged, models: Iterable[ModelView]) -> list[Document]:
    """All documents, by kind, in the order of the catalog."""
    meanings = [
        f"{w.label} {w.meaning}" for w in (*VERDICTS.values(), *EVIDENCE.values(), *HOLDS.values())
    ]
    return [
        *(Document("page", title, words, url) for url, title, words in PAGES),
        Document("page", "How to read these pages", " ".join(meanings), "index.html#how-to-read"),
        *_papers(catalog),
        *map(_table, judged.tables.values()),
        *_protocols(judged),
        *_methods(catalog, judged),
        *(_model(one) for one in models),
        *_rows(judged),
        *_claims(catalog),
    ]


def _papers(catalog: Catalog) -> Iterable[Document]:
    for paper in catalog.papers.values():
        words = f"{paper.title} {paper.authors} {paper.venue} {paper.year} {paper.arxiv or ''}"
        yield Document("paper", paper.method, words, urls.paper_page(paper.id))
        notes = f"{paper.method}: interpretations"
        yield Document("notes", notes, f"notes readings {paper.title}", urls.notes_page(paper.id))


def _table(view: TableView) -> Document:
    table = view.table
    metrics = dict.fromkeys(column.metric for column in table.columns if column.metric)
    words = [
        *(f"{column.label} {column.metric or ''}" for column in table.columns),
        *(ALIASES.get(metric, metric) for metric in metrics),
        *map(split_name, table.splits),
        *dict.fromkeys(part for row in view.rows for part in _protocol_words(row)),
        view.name,
    ]
    title = f"{view.paper.method} Table {table.table}: {table.title}"
    return Document("table", title, " ".join(words), urls.table_page(view.name))


def size_words(text: str) -> str:
    """'256×192' -> '256x192 192x256': as people type it, either way round; '' for what is no size."""
    size = sizes_of(text)
    if size is None:
        return ""
    return " ".join(dict.fromkeys((f"{size[1]}x{size[0]}", f"{size[0]}x{size[1]}")))


def _protocol_words(row: RowView) -> Iterable[str]:
    protocol = row.cells[0].cell.protocol if row.cells else {}
    for key, value in protocol.items():
        yield f"{size_words(value)} {value}" if key == "input_size" else str(value)


def protocol_name(row: RowView) -> str:
    """'COCO val2017, 256x192': split and input size of a printed row."""
    protocol = row.cells[0].cell.protocol if row.cells else {}
    size = size_words(protocol.get("input_size", "")).split(" ")[0]
    return ", ".join(filter(None, (split_name(protocol.get("split", "")), size)))


def protocols(judged: Judged) -> dict[str, list[TableView]]:
    """Protocol -> the tables with a row of it."""
    found: dict[str, list[TableView]] = defaultdict(list)
    for table in judged.tables.values():
        for name in dict.fromkeys(protocol_name(row) for row in table.rows):
            if name:
                found[name].append(table)
    return dict(sorted(found.items()))


def protocol_anchor(name: str) -> str:
    return f"protocol-{urls.slug(name)}"


def _protocols(judged: Judged) -> Iterable[Document]:
    for name, tables in protocols(judged).items():
        where = ", ".join(f"{t.paper.method} Table {t.table.table}" for t in tables)
        words = f"protocol {size_words(name)} {where}"
        yield Document("protocol", name, words, f"search.html#{protocol_anchor(name)}")


def _methods(catalog: Catalog, judged: Judged) -> Iterable[Document]:
    """Each method with the labels under which it is printed, at its model or the first row that shows it."""
    shown: dict[str, tuple[str, list[str]]] = {}
    for table in judged.tables.values():
        for row in table.rows:
            if row.method:
                place = f"{urls.table_page(table.name)}#{urls.row_anchor(row.row.key)}"
                shown.setdefault(row.method, (place, []))[1].append(row.row.label)
    for method in catalog.methods.methods.values():
        if method.name in shown:
            place, labels = shown[method.name]
            words = " ".join(dict.fromkeys([*labels, method.backbone or "", *method.models]))
            url = urls.model_page(method.models[0]) if method.models else place
            yield Document("method", method.name, words, url)


def _model(view: ModelView) -> Document:
    parts = " ".join(words for _, words in view.facts)
    runs = " ".join(run.name for run in view.runs)
    words = " ".join(filter(None, (view.method, runs, parts[:200])))
    return Document("model", view.name, words, urls.model_page(view.name))


def _rows(judged: Judged) -> Iterable[Document]:
    for table in judged.tables.values():
        for row in table.rows:
            where = f"{table.paper.method} Table {table.table.table}"
            words = " ".join(filter(None, (row.method, row.model, protocol_name(row))))
            place = f"{urls.table_page(table.name)}#{urls.row_anchor(row.row.key)}"
            yield Document("row", f"{row.row.label}, {where}", words, place)


def _claims(catalog: Catalog) -> Iterable[Document]:
    for paper, claim in catalog.claims():
        words = f"{catalog.papers[paper].method} {claim.where} {claim.id}"
        yield Document("claim", claim.claim, words, urls.claim_link(paper, claim.id))


def search_data(found: Iterable[Document]) -> str:
    """A script that defines `SEARCH`: a page opened from disk may not fetch a file."""
    rows = [json.dumps([clean(part) for part in one]) for one in found]
    return '"use strict";\nconst SEARCH = [\n' + ",\n".join(rows) + "\n];\n"
