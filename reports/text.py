"""One table for the terminal: printed figure, figure here, verdict."""

from bench.catalog import Catalog
from bench.records import Snapshot
from bench.store import Store
from reports.cells import CellView, Judged, TableView
from reports.evidence import Measured
from reports.render import clean

WIDEST = 28
GAP = "  "


def table_text(name: str, snapshot: Snapshot, catalog: Catalog, store: Store) -> str:
    """The table called `name` ('transpose-2') in plain columns. Raises `UnknownName`."""
    catalog.table(name)
    return render(Judged(catalog, snapshot, Measured.of(store)).tables[name])


def render(view: TableView) -> str:
    """Three lines per row at most: printed, here with its difference, verdict."""
    head = ["row", *(column.label for column in view.table.columns)]
    lines: list[list[str]] = [[_short(text) for text in head]]
    for title, rows in view.groups:
        if title:
            lines.append([_short(title)] + [""] * (len(head) - 1))
        for row in rows:
            cells = [_lines(cell) for cell in row.cells]
            label = [_short(row.row.label), *([f"({row.row.origin})"] * (row.row.origin != "own"))]
            height = max(len(label), *map(len, cells))
            for i in range(height):
                lines.append([(part[i] if i < len(part) else "") for part in [label, *cells]])
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    body = [GAP.join(text.ljust(w) for text, w in zip(line, widths, strict=True)) for line in lines]
    body.insert(1, GAP.join("-" * width for width in widths))
    title = f"{view.paper.method} Table {view.table.table}: {view.table.title}"
    return "\n".join([_line(title), "", *(line.rstrip() for line in body), "", view.tally.text])


def _lines(view: CellView) -> list[str]:
    printed = _short(view.cell.printed) or "–"
    if view.word.key == "setting":
        return [printed]
    if view.word.key == "empty":
        return [printed, "not printed"]
    here = [_short(" ".join(filter(None, (view.here, view.difference))))] if view.here else []
    return [printed, *here, _short(f"{view.word.symbol} {view.word.label}")]


def _line(text: str) -> str:
    """Text on one line, without control characters: a terminal obeys those."""
    return "".join(c if c.isprintable() else "\ufffd" for c in str(clean(" ".join(text.split()))))


def _short(text: str) -> str:
    plain = _line(text)
    return plain if len(plain) <= WIDEST else plain[: WIDEST - 1] + "…"
