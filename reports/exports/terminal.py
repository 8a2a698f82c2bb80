"""One table for the terminal: printed value, value measured here, verdict, what others reported."""

from collections.abc import Sequence

from bench.catalog.load import Catalog
from bench.judge.elsewhere import reported_elsewhere
from bench.judge.records import Verdict
from reports.views.cell import CellView
from reports.views.table import Tally, by_chance
from reports.views.words import clean

WIDEST = 28
GAP = "  "


def render_table(catalog: Catalog, name: str, verdicts: Sequence[Verdict]) -> str:
    """The printed table in plain columns; below each value what was measured here, the verdict, figures of others."""
    paper, table = catalog.table(name)
    found = {verdict.key: verdict for verdict in verdicts}
    figures = reported_elsewhere(catalog)
    rows = {
        row: [CellView.of(c, found.get(c.key), elsewhere=figures.get(c.key, ())) for c in cells]
        for row, cells in catalog.rows[name].items()
    }
    lines = [[_short(text) for text in ("row", *(column.label for column in table.columns))]]
    group = None
    for row in table.rows:
        if row.group and row.group != group:
            lines.append([_short(row.group)] + [""] * len(table.columns))
        group = row.group
        label = [_short(row.label), *([f"({row.origin})"] * (row.origin != "own"))]
        parts = [label, *map(_lines, rows[row.key])]
        for i in range(max(map(len, parts))):
            lines.append([part[i] if i < len(part) else "" for part in parts])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    body = [GAP.join(text.ljust(w) for text, w in zip(line, widths, strict=True)) for line in lines]
    body.insert(1, GAP.join("-" * width for width in widths))
    title = _line(f"{paper.method} Table {table.table}: {table.title}")
    tally = Tally.of(cell for cells in rows.values() for cell in cells)
    note = "authors, others, by proxy: reported elsewhere; --json names the sources"
    others = any(cell.elsewhere for cells in rows.values() for cell in cells)
    below = [*tally.lines, *filter(None, [by_chance(verdicts), note if others else ""])]
    below += dict.fromkeys(
        f"machines: {verdict.row}: {words}" for verdict in verdicts for words in verdict.machines
    )
    return "\n".join([title, "", *(line.rstrip() for line in body), "", *below])


def _lines(view: CellView) -> list[str]:
    printed = _short(view.cell.printed) or "–"
    if view.word.key == "setting":
        return [printed]
    elsewhere = [_short(phrase) for phrase in view.brief]
    if view.word.key == "empty":
        return [printed, "not printed", *elsewhere]
    here = [_short(" ".join(filter(None, (view.here, view.difference))))] if view.here else []
    return [printed, *here, _short(f"{view.word.symbol} {view.word.label}"), *elsewhere]


def _line(text: str) -> str:
    """Text on one line, without control characters, which a terminal would execute."""
    return "".join(c if c.isprintable() else "\ufffd" for c in str(clean(" ".join(text.split()))))


def _short(text: str) -> str:
    plain = _line(text)
    return plain if len(plain) <= WIDEST else plain[: WIDEST - 1] + "…"
