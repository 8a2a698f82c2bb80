"""Badges: what a paper's or a model's printed values turned out to be, as static SVG and as Markdown."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bench.catalog.schema import Paper
from reports.exports.tables import markdown
from reports.pages.model import ModelView
from reports.views import urls
from reports.views.cell import CellView
from reports.views.states import KINDS, state_of
from reports.views.table import Tally

_CHARACTER = 6.6  # pixels, as Verdana's digits at 11 px
_NOUNS = {
    "count": "counts",
    "speed": "speeds",
    "accuracy": "accuracies",
    "measure": "other measures",
}


@dataclass(frozen=True)
class Badge:
    """One badge of a paper; file: its address from the root of the site."""

    file: str
    text: str
    tone: str

    @property
    def drawn(self) -> dict[str, Any]:
        """What its template needs."""
        return drawn(self.text, self.tone)

    def markdown(self, page: str) -> str:
        """An image that links to `page`; addresses from the root of the site."""
        return f"[![ReproPose: {markdown(self.text)}]({self.file})]({page})"


def drawn(text: str, tone: str) -> dict[str, Any]:
    """Text and widths in pixels. tone: good, mixed or open."""
    left, right = _CHARACTER * 9 + 12, _CHARACTER * len(text) + 12
    return {"text": text, "tone": tone, "left": round(left, 1), "right": round(right, 1)}


def paper_badges(paper: Paper, cells: Iterable[CellView]) -> tuple[Badge, ...]:
    """One badge of all kinds, then one of each kind of value that the paper measured itself."""
    found: dict[str, Counter[str]] = {}
    for view in cells:
        state = state_of(view)
        if state and view.cell.origin != "quoted":
            found.setdefault(view.kind, Counter())[state] += 1
    kinds = [kind for kind in KINDS if kind in found]
    words = {kind: in_words(_NOUNS[kind], found[kind]) for kind in kinds}
    every = Counter[str]()
    for counts in found.values():
        every += counts
    text = "; ".join(words[kind] for kind in kinds if kind != "measure") or "no printed values"
    first = Badge(urls.badge_file(paper.id), text, _tone(every))
    own = (Badge(urls.badge_file(paper.id, k), words[k], _tone(found[k])) for k in kinds)
    return first, *own


def in_words(noun: str, states: Counter[str]) -> str:
    """'counts match', '46 counts match, 8 differ', 'accuracies untested', of values by state.

    What was measured but decides nothing is not said to differ; without any decision the noun is untested.
    """
    total = states.total()
    if not states["matches"] + states["differs"]:
        return f"{noun} {'untested' if states['untested'] else 'undecided'}"
    if states["matches"] == total:
        return f"{noun} match"
    verbs = {
        "matches": "match",
        "differs": "differ",
        "undecided": "undecided",
        "untested": "untested",
    }
    parts = [f"{states[key]} {word}" for key, word in verbs.items() if states[key]]
    first, *others = parts
    return ", ".join([first.replace(" ", f" {noun} ", 1), *others])


def _tone(states: Counter[str]) -> str:
    return "mixed" if states["differs"] else "good" if states["matches"] else "open"


def model_badge(view: ModelView) -> dict[str, Any]:
    """How many of the model's printed values match, as `drawn`.

    Papers' own values alone; only of a model that no paper measured itself those that are quoted.
    """
    found = Tally.of(cell for _, _, cells in view.appearances for cell in cells)
    quoted = not found.own
    printed = sum(count for word, count in found.quoted if word.key != "quoted")
    printed = printed if quoted else found.own
    agree = found.count("reproduced", quoted=quoted)
    what = "quoted values" if quoted else "values"
    text = f"{agree} of {printed} {what} match" if printed else "no printed values"
    differs = found.count("deviates", "better", quoted=quoted)
    return drawn(text, "mixed" if differs else "good" if agree else "open")
