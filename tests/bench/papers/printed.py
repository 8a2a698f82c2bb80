"""Finding a transcribed table again in the plain text of its paper.

The texts are machine-made: table rows are lines whose cells are separated by tabs or '|', with remains of
LaTeX and HTML. `differences` compares a table with every block of such lines near its caption, cell by cell.
"""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.catalog.schema import Row, Table

ROOT = Path(__file__).parents[3]
_CAPTION = re.compile(r"\W*(?:<b>)?Table (\d+)(?:\*\*|</b>)?\s*[.:–—-]")
_GLYPHS = {
    "\\times": "×",
    "\\downarrow": "↓",
    "\\uparrow": "↑",
    "\\checkmark": "✓",
    "\\%": "%",
}
_DROPPED = re.compile(r"</?\w+>|[\s${}_^\\]|(?<!\w)\*\*|\*\*(?!\w)")
_DECIMAL = re.compile(r"[-+]?\d+\.\d+(?:\(.*\))?[MG%]?")
_BLANK = {"", "-", "–", "(blank)"}


def paper_texts() -> Path | None:
    """The folder of paper texts: REPROPOSE_SHARED, or `shared` next to the checkout; None if absent."""
    shared = Path(os.environ.get("REPROPOSE_SHARED") or ROOT.parent / "shared")
    return shared / "papers" if (shared / "papers").is_dir() else None


def plain(cell: str) -> str:
    """A cell without markup and spaces: r'5.0M ($\\downarrow 85\\%$)' -> '5.0M(↓85%)', '-' -> ''."""
    for written, glyph in _GLYPHS.items():
        cell = cell.replace(written, glyph)
    cell = _DROPPED.sub("", cell)
    return "" if cell in _BLANK else cell


def _cells(line: str) -> list[str]:
    """The cells of a line of a table; empty for any other line."""
    if line.startswith("|"):
        return [plain(cell) for cell in line.strip("| ").split("|")]
    return [plain(cell) for cell in line.split("\t")] if "\t" in line else []


def _blocks(lines: Sequence[str]) -> Iterator[list[list[str]]]:
    """Runs of table lines, as cells."""
    block: list[list[str]] = []
    for line in [*lines, ""]:
        if cells := _cells(line):
            block.append(cells)
        elif block:
            yield block
            block = []


def _near(text: str, table: Table) -> list[list[list[str]]]:
    """The blocks between the captions of the table before and of the table after this one."""
    number = int(re.sub(r"\D", "", table.table))
    lines = text.splitlines()
    captions = {
        int(found[1]): position
        for position, line in enumerate(lines)
        if (found := _CAPTION.match(line))
    }
    if number not in captions:
        return []
    start = captions.get(number - 1, -1) + 1
    return list(_blocks(lines[start : captions.get(number + 1, len(lines))]))


def _arrangements(line: list[str], count: int) -> Iterator[tuple[list[str], list[str]]]:
    """Ways to read a line as `count` cells and the row's name, which may be before or between them."""
    for end in range(len(line), count - 1, -1):
        yield line[end - count : end], line[: end - count]
        for place in range(end - count, end) if end > count else ():
            start = end - count - 1
            yield (
                line[start:place] + line[place + 1 : end],
                [*line[:start], line[place]],
            )
        if line[end - 1]:
            return  # only blanks may be left out at the end


def _shows(line: list[str], table: Table, number: int) -> bool:
    """The line holds exactly the cells of this row, in order, and apart from them at most the row's name."""
    row = table.rows[number]
    cells = [plain(cell) for cell in row.cells]
    above = [plain(cell) for cell in table.rows[number - 1].cells] if number else []
    may_be_blank = [
        column.metric is None and above[place : place + 1] == cells[place : place + 1]
        for place, column in enumerate(table.columns)
    ]
    candidates = list(_arrangements(line, len(cells)))
    if len(set(cells)) == 1:  # may be printed once, across all columns
        candidates += _arrangements(line, 1)
    return any(
        _named(name, row) and all(map(_equal, found, cells, may_be_blank))
        for found, name in candidates
    )


def _equal(found: str, cell: str, may_be_blank: bool) -> bool:
    """A cell that spans several rows is blank below the first."""
    return found == cell or (not found and may_be_blank)


def _named(cells: list[str], row: Row) -> bool:
    """The rest of the line belongs to the row's label or heading; marks do not count."""
    found, label, group = (
        re.sub(r"\W", "", plain(text)) for text in ("".join(cells), row.label, row.group or "")
    )
    return found in group + label or (bool(label) and label in found)


def _mismatches(block: list[list[str]], table: Table) -> list[str]:
    problems, position, matched = [], 0, set()
    for number, row in enumerate(table.rows):
        found = (n for n in range(position, len(block)) if _shows(block[n], table, number))
        if (line := next(found, None)) is not None:
            matched.add(line)
            position = line + 1
        else:
            problems.append(f"row '{row.key}' ({' | '.join(row.cells)}) is not in the text")
    problems += [
        f"line '{' | '.join(line)}' is in no row"
        for number, line in enumerate(block)
        if number not in matched and any(map(_DECIMAL.fullmatch, line))
    ]
    return problems


def differences(text: str, table: Table) -> list[str]:
    """What differs between the transcription and the nearest fitting table of the text.

    Every row must be in a line of its own, in printed order, and every line with a decimal number must be a row.
    """
    blocks = _near(text, table)
    if not blocks:
        return [f"no table lines near the caption of table {table.table}"]
    return min((_mismatches(block, table) for block in blocks), key=len)
