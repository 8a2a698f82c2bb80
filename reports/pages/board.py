"""One page of the leaderboard: the rows in the page, and all rows as data for its script."""

import json
from collections.abc import Mapping
from itertools import islice
from typing import Any

from markupsafe import Markup

from bench.catalog.quantities import METRICS
from reports.views.boards import Board, Line, Section, Shown
from reports.views.ranking import Span
from reports.views.urls import slug
from reports.views.words import Word, clean

LIMIT = 100  # rows that are in the page as HTML; its script shows as many at a time
FIRST_PAGE = "leaderboard.html"
TINY = 1e-9


def address(board: Board, first: Board) -> str:
    """The first board is the page Leaderboard."""
    return FIRST_PAGE if board.key == first.key else f"boards/{slug(board.key)}.html"


def board_page(
    board: Board, labels: Mapping[str, str], machine: str | None = None
) -> dict[str, Any]:
    """What the template shows. labels: the name of each table, 'TransPose 2'."""
    metrics = [metric for metric, _ in board.columns]
    mains = {section.main for section in board.sections}
    first = [name for name in metrics if name in mains or METRICS[name].kind in ("count", "speed")]
    columns = [(metric, side) for metric, sides in board.columns for side in sides]
    left = LIMIT
    shown: list[tuple[Section, list[Line]]] = []
    for section in board.sections:
        rows = list(islice(section.lines, left))
        left -= len(rows)
        if rows:
            shown.append((section, rows))
    return {
        "board": board,
        "metrics": metrics,
        "first": first,
        "columns": columns,
        "shown": shown,
        "labels": labels,
        "machine": machine,
        "limit": LIMIT,
        "tone_of": tone_of,
        "data": as_data(board, columns, first, labels),
    }


def as_data(
    board: Board,
    columns: list[tuple[str, str]],
    first: list[str],
    labels: Mapping[str, str],
) -> Markup:
    """All rows as JSON that is safe within a script element: no '<' in it."""
    protocols: dict[str, int] = {}
    sections = [
        {
            "title": clean(section.title),
            "main": section.main,
            "rows": [
                _row(line, section.main, columns, labels, protocols) for line in section.lines
            ],
        }
        for section in board.sections
    ]
    used = {v.word.label: v.word for line in board.lines for v in line.values.values() if v.word}
    words = {label: [one.symbol, tone_of(one)] for label, one in sorted(used.items())}
    data = {"first": first, "protocols": list(protocols), "words": words, "sections": sections}
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))


def tone_of(word: Word) -> str:
    """The classes of its colour."""
    return f"v-{word.key} {word.tone}".strip()


def _row(
    line: Line,
    main: str | None,
    columns: list[tuple[str, str]],
    labels: Mapping[str, str],
    protocols: dict[str, int],
) -> list[Any]:
    """[name, link, origin, chips, places, note, values, number of the protocol, evidence?]."""
    stated = "; ".join(f"{k.replace('_', ' ')} {v}" for k, v in sorted(line.protocol.items()))
    number = protocols.setdefault(clean(stated) or "protocol not stated", len(protocols))
    places = [
        [clean(labels[t]), link, clean(text), [clean(chip) for chip in line.chips_of.get(t, ())]]
        for t, link, text in line.places(main)
    ]
    values = [_value(line.values.get(column)) for column in columns]
    chips = [clean(chip) for chip in line.chips]
    note = "" if places else clean(line.note or line.source)
    known = int(bool(line.evidence))
    return [clean(line.name), line.link, line.origin, chips, places, note, values, number, known]


def _value(shown: Shown | None) -> Any:
    """0 without a value, else [text, number or null, word or 0, half width | low, high]."""
    if shown is None:
        return 0
    plain: list[Any] = [clean(shown.text), shown.value, shown.word.label if shown.word else 0]
    return plain + _ends(shown.span)


def _ends(span: Span | None) -> list[float]:
    if span is None or span.low < -1e300:
        return []
    below, above = span.value - span.low, span.high - span.value
    if abs(below - above) < TINY:
        return [round(below, 9)]
    return [round(span.low, 9), round(span.high, 9)]
