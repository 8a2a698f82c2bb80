"""Printed values by what is known of them (matches, differs, undecided, untested), by kind, and by who measured them.

The index counts them so; each count is the length of a list that has a page.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby

from reports.views.cell import CellView
from reports.views.urls import slug
from reports.views.words import COMPARED, VERDICTS, Word, counted

#: What a verdict says of the printed number. A value better than the printed one differs from it, too.
STATES: dict[str, Word] = {
    "matches": Word("reproduced", "✓", "matches", "rounds to the printed digits, or agrees within noise"),
    "differs": Word("deviates", "✗", "differs", "measured, and clearly another value than the printed one"),
    "undecided": Word("inconclusive", "≈", "undecided", "measured, but nothing decides whether it is what is printed"),
    "untested": Word("not-run", "○", "untested", "not measured here, or the run broke off"),
}  # fmt: skip
STATE_OF = {
    "reproduced": "matches",
    "better": "differs",
    "deviates": "differs",
    "inconclusive": "undecided",
    "not-comparable": "undecided",
    "stale": "undecided",
    "failed": "untested",
    "not-run": "untested",
    "quoted": "untested",
    "unjudged": "untested",
}
KINDS = {"count": "Counts", "speed": "Speed", "accuracy": "Accuracy", "measure": "Other"}


def state_of(view: CellView) -> str | None:
    """The state of a printed value; None for a setting and for an empty cell."""
    return STATE_OF.get(view.word.key) if view.kind in KINDS else None


def _label(word: Word) -> str:
    """The verdict without the size of a difference."""
    return VERDICTS.get(word.key, word).label


@dataclass(frozen=True)
class ValueList:
    """Printed values of one state: of a kind and origin, or of a paper."""

    key: str
    title: str
    state: str
    cells: list[CellView] = field(default_factory=list)

    @property
    def page(self) -> str:
        return f"values/{slug(self.key)}.html"

    @property
    def verdicts(self) -> list[str]:
        """The verdicts that the state sums up: '3 stale', '2 not comparable'; empty if there is but one."""
        found = Counter(_label(view.word) for view in self.cells)
        return [counted(n, label) for label, n in found.most_common()] if len(found) > 1 else []

    @property
    def tables(self) -> list[tuple[str, list[CellView]]]:
        """The values by table, in printed order."""
        found = groupby(self.cells, key=lambda view: f"{view.cell.paper}-{view.cell.table.table}")
        return [(name, list(cells)) for name, cells in found]


class Matrix:
    """All lists: by (kind, quoted, state), and by (paper, state)."""

    def __init__(self, cells: Iterable[CellView], methods: dict[str, str]) -> None:
        """methods: the name of each paper's method, by paper."""
        self.by_kind: dict[tuple[str, bool, str], ValueList] = {}
        self.by_paper: dict[tuple[str, str], ValueList] = {}
        for kind, name in KINDS.items():
            for quoted in (False, True):
                whose = "quoted by the papers" if quoted else "the papers’ own"
                for state, word in STATES.items():
                    key = f"{kind}-{'quoted' if quoted else 'own'}-{state}"
                    title = f"{name}, {whose}: {word.label}"
                    self.by_kind[kind, quoted, state] = ValueList(key, title, state)
        for paper, method in methods.items():
            for state, word in STATES.items():
                one = ValueList(f"paper-{paper}-{state}", f"{method}: {word.label}", state)
                self.by_paper[paper, state] = one
        for view in cells:
            if known := state_of(view):
                quoted = view.cell.origin == "quoted"
                self.by_kind[view.kind, quoted, known].cells.append(view)
                self.by_paper[view.cell.paper, known].cells.append(view)

    @cached_property
    def kinds(self) -> list[tuple[str, str]]:
        """Kinds of which a value is printed, with their names."""
        used = {kind for (kind, _, _), one in self.by_kind.items() if one.cells}
        return [(kind, name) for kind, name in KINDS.items() if kind in used]

    @property
    def lists(self) -> list[ValueList]:
        """All lists with a value; each has a page."""
        return [one for one in (*self.by_kind.values(), *self.by_paper.values()) if one.cells]

    @property
    def accuracies(self) -> int:
        """Printed accuracies that were compared with one of the same protocol."""
        fresh = set(COMPARED) - {"stale"}
        found = (one for (kind, _, _), one in self.by_kind.items() if kind == "accuracy")
        return sum(view.word.key in fresh for one in found for view in one.cells)

    def origins(self, kind: str) -> set[bool]:
        """Whether a kind has values of the papers' own (False) and quoted ones (True)."""
        return {quoted for (k, quoted, _), one in self.by_kind.items() if k == kind and one.cells}

    def row(self, kind: str, quoted: bool) -> list[ValueList]:
        return [self.by_kind[kind, quoted, state] for state in STATES]

    def paper(self, paper: str) -> list[ValueList]:
        return [self.by_paper[paper, state] for state in STATES]
