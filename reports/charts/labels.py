"""Labels of a chart's rows: short, complete, and told apart by what differs between them."""

from collections.abc import Sequence

from reports.views.table import CellView, RowView

MOST_LETTERS = 46
ADVANCE = 6.9  # pixels of a letter at 12 px, wide fonts included


def row_labels(rows: Sequence[tuple[str | None, RowView, CellView]]) -> list[str]:
    """One label for each (group, row, cell): the row's own, and where several rows share it what tells them apart.

    Settings that are the same in every row are left out; the group is named last.
    """
    labels = [view.row.label for _, view, _ in rows]
    if len(set(labels)) < len(labels):
        labels = [
            f"{label} {told}".strip() for label, told in zip(labels, _differing(rows), strict=True)
        ]
    if len(set(labels)) < len(labels):
        labels = [
            f"{label} ({group})" if group else label
            for label, (group, _, _) in zip(labels, rows, strict=True)
        ]
    return [shortened(label) for label in labels]


def _differing(rows: Sequence[tuple[str | None, RowView, CellView]]) -> list[str]:
    settings = [
        [_told(cell) for cell in view.cells if cell.kind == "setting"] for _, view, _ in rows
    ]
    differs = [len(set(column)) > 1 for column in zip(*settings, strict=True)]
    return [
        " ".join(text for text, told in zip(row, differs, strict=True) if told and text)
        for row in settings
    ]


def _told(cell: CellView) -> str:
    """A setting as printed; a tick by the name of its column, nothing where nothing is set."""
    printed = cell.cell.printed or ""
    if printed in "-–✗":
        return ""
    return cell.cell.column.label if printed == "✓" else printed


def shortened(text: str, most: int = MOST_LETTERS) -> str:
    """At most `most` letters; the middle gives way, since both ends tell names apart."""
    if len(text) <= most:
        return text
    tail = (most - 1) // 2
    return f"{text[: most - 1 - tail]}…{text[-tail:]}"


def room(labels: Sequence[str]) -> float:
    """Pixels that the widest of the labels takes."""
    return ADVANCE * max(map(len, labels), default=0)
