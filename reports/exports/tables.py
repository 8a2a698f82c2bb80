"""Downloads: each table and the leaderboard as CSV, JSON, LaTeX and Markdown; BibTeX.

Values are those on the pages. Text from the data is escaped for each format and never runs as a spreadsheet formula.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from bench.catalog.quantities import METRICS
from bench.catalog.schema import Paper
from bench.judge.elsewhere import Elsewhere, as_record
from bench.judge.export import for_spreadsheet
from reports.views.cell import CellView
from reports.views.entries import Group, Leaderboard, Value
from reports.views.table import TableView
from reports.views.words import METRIC_LABELS, clean

FORMAT = 1
ENDINGS = ("csv", "json", "tex", "md")
#: Symbols in the papers' tables that LaTeX's text fonts lack; the tick needs the package amssymb.
_SYMBOLS = {
    "✓": "checkmark",
    "○": "circ",
    "⇒": "Rightarrow",
    "→": "rightarrow",
    "↑": "uparrow",
    "↓": "downarrow",
    "Δ": "Delta",
    "×": "times",
    "±": "pm",
    "≈": "approx",
}
_LATEX = {
    "\\": r"\textbackslash{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{c: f"\\{c}" for c in "{}$&#_%"},
    **{c: rf"\ensuremath{{\{name}}}" for c, name in _SYMBOLS.items()},
    "−": r"\ensuremath{-}",
}


def cell_record(view: CellView) -> dict[str, Any]:
    """One cell and its verdict as a flat record."""
    cell, verdict = view.cell, view.verdict
    return {
        "paper": cell.paper,
        "table": cell.table.table,
        "row": cell.row.key,
        "label": clean(cell.row.label),
        "column": cell.column.key,
        "metric": cell.metric,
        "unit": clean(cell.column.shown_unit),
        "origin": cell.origin,
        "printed": clean(cell.printed),
        "verdict": view.word.key,
        "evidence": verdict.evidence if verdict else None,
        "value": verdict.value if verdict else None,
        "difference": verdict.difference if verdict else None,
        "low": verdict.interval[0] if verdict and verdict.interval else None,
        "high": verdict.interval[1] if verdict and verdict.interval else None,
        "seeds": list(verdict.seeds) if verdict else [],
        "cause": clean(verdict.cause) if verdict else None,
        "reason": clean(verdict.reason if verdict else view.reason),
        "results": [clean(name) for name in verdict.results] if verdict else [],
        "reported_elsewhere": [
            {key: clean(value) for key, value in as_record(one).items()} for one in view.elsewhere
        ],
    }


def table_files(view: TableView) -> dict[str, str]:
    """Ending -> content, for one printed table."""
    cells = [cell for row in view.rows for cell in row.cells]
    records = [cell_record(cell) for cell in cells]
    head = ["Row", *(column.label for column in view.table.columns)]
    body = [[row.row.label, *(_printed_and_here(cell) for cell in row.cells)] for row in view.rows]
    title = f"{view.paper.method}, Table {view.table.table}: {view.table.title}"
    note = "printed / measured here; values in brackets are not comparable or not judged"
    about = {"paper": view.paper.id, "table": view.table.table, "title": clean(view.table.title)}
    flat = [
        {**record, "reported_elsewhere": "; ".join(map(_in_words, cell.elsewhere))}
        for record, cell in zip(records, cells, strict=True)
    ]
    return {
        "csv": to_csv(flat),
        "json": to_json(about, "cells", records),
        "tex": to_latex(title, head, body, note),
        "md": to_markdown(title, head, body, note),
    }


def _in_words(one: Elsewhere) -> str:
    """'79.5 (authors, owner/name): differs by +1.5, same protocol'."""
    return f"{one.shown} ({one.record.measured_by}, {one.record.source.repository}): {one.summary}"


def _printed_and_here(view: CellView) -> str:
    if view.word.key == "empty":
        return "–"
    if not view.here:
        return view.cell.printed or "–"
    compared = view.word.key in ("reproduced", "better", "deviates", "inconclusive")
    return f"{view.cell.printed} / {view.here if compared else f'[{view.here}]'}"


def leaderboard_files(board: Leaderboard) -> dict[str, str]:
    """Ending -> content, for the leaderboard; one record per value."""
    records = [
        {
            "group": group.key,
            "split": clean(group.split),
            "protocol": clean("; ".join(f"{key}={value}" for key, value in group.protocol)),
            "model": clean(entry.model or ""),
            "label": clean(entry.label),
            "method": entry.method,
            "source": entry.source,
            "origin": entry.origin,
            "rank": entry.rank.text if entry.rank else "",
            "metric": metric,
            "printed": clean(value.printed),
            "here": value.here_span.value if value.here_span else None,
            "evidence": sorted(entry.evidence),
        }
        for group in board.groups
        for entry in group.entries
        for metric, value in entry.values.items()
    ]
    tables = [_ranked(group, board.columns) for group in board.groups]
    machine = f"FPS measured on {board.machine}" if board.machine else "no FPS measured"
    note = f"printed / measured here; ranked within one protocol; FLOPs here are multiply-accumulates; {machine}"
    return {
        "csv": to_csv(records),
        "json": to_json({}, "figures", records),
        "tex": "\n".join(to_latex(*table, note) for table in tables),
        "md": "\n".join(to_markdown(*table, note) for table in tables),
    }


def _ranked(group: Group, columns: Sequence[str]) -> tuple[str, list[str], list[list[str]]]:
    """Title, head and rows of one protocol, with the columns in which it has a value."""
    used = [name for name in columns if any(name in entry.values for entry in group.entries)]
    rows = [
        [
            entry.rank.text if entry.rank else "–",
            entry.label,
            entry.source,
            *(_value_text(entry.values.get(name)) for name in used),
        ]
        for entry in group.entries
    ]
    return group.title, ["Rank", "Model", "Source", *map(_with_unit, used)], rows


def _with_unit(metric: str) -> str:
    unit = METRICS[metric].unit
    return f"{METRIC_LABELS.get(metric, metric)} ({unit})" if unit else metric


def _value_text(value: Value | None) -> str:
    """'75.8 / 75.6'; '75.8' if nothing was measured here."""
    if value is None:
        return "–"
    return f"{value.printed or '–'} / {value.here}" if value.here else value.printed or "–"


# ---------------------------------------------------------------- formats


def to_json(head: dict[str, Any], key: str, records: Iterable[dict[str, Any]]) -> str:
    """An object with `head` and, under `key`, one record per line."""
    lines = ",\n".join(json.dumps(one, ensure_ascii=False, allow_nan=False) for one in records)
    start = json.dumps({"format": FORMAT, **head}, ensure_ascii=False)[:-1]
    return f'{start}, "{key}": [\n{lines}\n]}}\n'


def _cell_text(value: Any) -> Any:
    """A value for a spreadsheet, where it starts no formula."""
    return for_spreadsheet(" ".join(map(str, value)) if isinstance(value, list) else value)


def to_csv(records: Sequence[dict[str, Any]]) -> str:
    """Records as CSV; the keys of the first are the header."""
    out = io.StringIO()
    keys = list(records[0]) if records else []
    writer = csv.DictWriter(out, keys, lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _cell_text(value) for key, value in one.items()} for one in records)
    return out.getvalue()


def latex(text: str) -> str:
    """Text that LaTeX prints unchanged."""
    return "".join(_LATEX.get(character, character) for character in str(clean(text)))


def to_latex(title: str, head: Sequence[str], body: Iterable[Sequence[str]], note: str) -> str:
    """A table for the packages booktabs and amssymb."""
    lines = [
        r"\begin{table}",
        r"% needs \usepackage{booktabs,amssymb}",
        rf"\caption{{{latex(title)} ({latex(note)}).}}",
        rf"\begin{{tabular}}{{l{'c' * (len(head) - 1)}}}",
        r"\toprule",
        " & ".join(map(latex, head)) + r" \\",
        r"\midrule",
        *(_line(row) for row in body),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _line(row: Sequence[str]) -> str:
    """A row; a leading bracket or star would be read as an argument of the previous line break."""
    text = " & ".join(map(latex, row))
    return ("{}" if text.startswith(("[", "*")) else "") + text + r" \\"


def markdown(text: str) -> str:
    """Text that Markdown shows unchanged, on one line."""
    plain = " ".join(str(clean(text)).split())
    return re.sub(r"([\\`*_{}\[\]()#+!|<>~&])", r"\\\1", plain)


def to_markdown(title: str, head: Sequence[str], body: Iterable[Sequence[str]], note: str) -> str:
    """A pipe table under a heading."""
    lines = pipe_table(head, body, "---:")
    return "\n".join([f"### {markdown(title)}", "", *lines, "", f"{markdown(note)}.", ""])


def pipe_table(head: Sequence[str], body: Iterable[Sequence[str]], align: str = "---") -> list[str]:
    """The lines of a Markdown table; `align` is the rule below every column but the first."""
    lines = ["| " + " | ".join(map(markdown, row)) + " |" for row in (head, *body)]
    return [lines[0], "|" + "|".join(["---"] + [align] * (len(head) - 1)) + "|", *lines[1:]]


def bibtex(papers: Iterable[Paper]) -> str:
    """One entry per paper; the key is its id and year."""
    return "\n".join(
        "\n".join(
            [
                f"@{'misc' if paper.venue == 'arXiv' else 'inproceedings'}{{{paper.id}{paper.year},",
                f"  title = {{{{{_braced(paper.title)}}}}},",
                f"  author = {{{_braced(' and '.join(re.split(r', *', paper.authors)))}}},",
                *([f"  booktitle = {{{_braced(paper.venue)}}},"] if paper.venue != "arXiv" else []),
                f"  year = {{{paper.year}}},",
                *([f"  eprint = {{{_braced(paper.arxiv)}}},"] if paper.arxiv else []),
                *(["  archiveprefix = {arXiv},"] if paper.arxiv else []),
                "}",
                "",
            ]
        )
        for paper in papers
    )


def _braced(text: str) -> str:
    """Text for use within braces: special characters are escaped, so that braces stay balanced."""
    return " ".join(latex(text).split())
