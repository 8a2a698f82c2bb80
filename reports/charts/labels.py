"""Labels of a chart's rows: short and distinct; rows of one name are distinguished by what differs between them."""

from collections.abc import Sequence

from reports.views.cell import CellView
from reports.views.table import RowView

MOST_LETTERS = 46
ADVANCE = 6.9  # pixels per letter at 12 px, enough for wide fonts


def row_labels(rows: Sequence[tuple[str | None, RowView, CellView]]) -> list[str]:
    """One label for each (group, row, cell): the row's own, plus the settings that differ where several rows share it.

    Settings that are equal in all rows are left out; the group is added last, if it is still needed.
    """
    labels = [view.row.label for _, view, _ in rows]
    if len(set(labels)) < len(labels):
        labels = [
            f"{label} {setting}".strip()
            for label, setting in zip(labels, _differing(rows), strict=True)
        ]
    if len(set(labels)) < len(labels):
        labels = [
            f"{label} ({group})" if group else label
            for label, (group, _, _) in zip(labels, rows, strict=True)
        ]
    return [shortened(label) for label in labels]


def _differing(rows: Sequence[tuple[str | None, RowView, CellView]]) -> list[str]:
    settings = [
        [_setting(cell) for cell in view.cells if cell.kind == "setting"] for _, view, _ in rows
    ]
    differs = [len(set(column)) > 1 for column in zip(*settings, strict=True)]
    return [
        " ".join(text for text, shown in zip(row, differs, strict=True) if shown and text)
        for row in settings
    ]


def _setting(cell: CellView) -> str:
    """A setting as printed; for a tick the name of its column; empty if nothing is set."""
    printed = cell.cell.printed or ""
    if printed in "-–✗":
        return ""
    return cell.cell.column.label if printed == "✓" else printed


def shortened(text: str, most: int = MOST_LETTERS) -> str:
    """At most `most` characters; the middle is left out, since names differ at both ends."""
    if len(text) <= most:
        return text
    tail = (most - 1) // 2
    return f"{text[: most - 1 - tail]}…{text[-tail:]}"


def room(labels: Sequence[str]) -> float:
    """Width of the longest label in pixels."""
    return ADVANCE * max(map(len, labels), default=0)
