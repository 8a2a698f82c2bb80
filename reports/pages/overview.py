"""The index: what is known of the printed values, the largest differences, a card for each paper."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bench.catalog.schema import Misprint
from bench.judge.records import ClaimVerdict
from reports.pages.paper import NamedCell, PaperView
from reports.views.claim_words import count_words, in_words, is_ours
from reports.views.differing import Difference
from reports.views.states import Matrix, ValueList
from reports.views.words import CAUSES, Word

STRONGEST = 3
#: Judgements in which a reader of a paper is most interested, first.
_FIRST = ("fails", "contradicts", "not-on-this-machine", "holds", "within-rounding", "supports")


@dataclass(frozen=True)
class Card:
    """One paper: its values by state, its claims by judgement.

    broken, ours: claims that fail on the printed values, by the paper's words and by a threshold of ours; claims: the
    words of all others.
    """

    view: PaperView
    values: tuple[ValueList, ...]
    claims: tuple[tuple[Word, str], ...]
    broken: int
    ours: int

    @property
    def total(self) -> int:
        return len(self.view.claims)


@dataclass(frozen=True)
class Overview:
    """Everything on the index."""

    matrix: Matrix
    strongest: tuple[Difference, ...]
    deviating: tuple[Difference, ...]
    undecided: tuple[Difference, ...]
    cards: tuple[Card, ...]

    @property
    def places(self) -> int:
        """In how many cells the deviating numbers are printed."""
        return sum(len(one.cells) for one in self.deviating)

    @property
    def causes(self) -> list[tuple[Word, int]]:
        """How many deviating numbers have which cause."""
        found = Counter(str(one.explanation.cause) for one in self.deviating)
        return [(word, found[key]) for key, word in CAUSES.items() if found[key]]


def overview(
    matrix: Matrix,
    papers: Sequence[PaperView],
    deviating: Sequence[Difference],
    undecided: Sequence[Difference],
) -> Overview:
    """The index of these papers; `deviating` and `undecided` come largest first."""
    cards = tuple(_card(view, matrix) for view in papers)
    return Overview(matrix, tuple(deviating[:STRONGEST]), tuple(deviating), tuple(undecided), cards)


def unmeasured_misprints(
    papers: Sequence[PaperView],
) -> list[tuple[str, NamedCell, Misprint]]:
    """Likely misprints in values that were not found to differ by measuring: (paper, cell, misprint)."""
    return [
        (view.paper.id, place, misprint)
        for view in papers
        for place, misprint in view.misprints
        if not (place.view and place.view.verdict and place.view.verdict.explanation)
    ]


def _card(view: PaperView, matrix: Matrix) -> Card:
    broken = [claim for claim in view.claims if claim.on_paper.holds == "fails"]
    others = [claim for claim in view.claims if claim.on_paper.holds != "fails"]
    ours = sum(map(is_ours, broken))
    values = tuple(matrix.paper(view.paper.id))
    return Card(view, values, _ordered(others), len(broken) - ours, ours)


def _ordered(claims: Sequence[ClaimVerdict]) -> tuple[tuple[Word, str], ...]:
    """Judgements on values measured here in words, '2 fail (counted)': what fails first, what is open last."""
    order = {key: place for place, key in enumerate(_FIRST)}
    counts = sorted(count_words(claims), key=lambda one: order.get(one[0].key, len(order)))
    return tuple((one[0], in_words((one,))) for one in counts)
