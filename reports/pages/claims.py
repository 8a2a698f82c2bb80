"""All claims: what fails first, each with its formula, its intervals, and what would decide it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from bench.catalog.load import Catalog
from bench.catalog.schema import Paper
from bench.errors import CatalogError
from bench.judge.claims.claimed import claimed_range
from bench.judge.claims.expressions import Resolved
from bench.judge.claims.on_paper import understand
from bench.judge.records import ClaimJudgement, ClaimVerdict, Snapshot
from bench.judge.untested import Job, Untested
from reports.views.claim_words import phrase_of
from reports.views.urls import arxiv_page, claim_anchor
from reports.views.words import Word, number

#: The order of the page: what fails, what is undecided, what holds.
SECTIONS = (
    ("fails", "Fails on values measured here"),
    ("not-printed", "Does not follow from the printed numbers"),
    ("contradicts", "Contradicted at small scale"),
    ("not-on-this-machine", "Not on this machine"),
    ("inconclusive", "Undecided"),
    ("supports", "Supported at small scale"),
    ("within-rounding", "Holds within rounding"),
    ("holds", "Holds"),
    ("open", "Open"),
)
MOST_NUMBERS = 6
WIDTH = 300.0


@dataclass(frozen=True)
class Bar:
    """Printed and measured value of a claim with their intervals, and the claimed range, on one scale (0 to WIDTH)."""

    claimed: tuple[float, float] | None
    printed: tuple[float, float, float] | None
    here: tuple[float, float, float] | None
    ends: tuple[str, str]
    words: str


@dataclass(frozen=True)
class ClaimView:
    """One claim. printed, here: the formula with numbers filled in; jobs: what would decide it."""

    verdict: ClaimVerdict
    paper: Paper
    section: str
    printed: str
    here: str
    bar: Bar | None
    jobs: tuple[Job, ...]

    @property
    def word(self) -> Word:
        return phrase_of(self.verdict)

    @property
    def anchor(self) -> str:
        return claim_anchor(self.paper.id, self.verdict.claim.id)

    @property
    def places(self) -> list[tuple[str, str | None]]:
        """Where the paper says it: in words, and the page on arXiv."""
        claim = self.verdict.claim
        if not claim.places:
            return [(claim.where, None)]
        return [(one.words, arxiv_page(self.paper.arxiv, one.page)) for one in claim.places]

    @cached_property
    def hours(self) -> float | None:
        """GPU hours of all jobs; None if one is not known."""
        known = [job.hours for job in self.jobs if job.hours is not None]
        return sum(known) if len(known) == len(self.jobs) else None


def section_of(verdict: ClaimVerdict) -> str:
    """The part of the page a claim belongs to: what fails on measured values, then what fails on printed ones."""
    here = verdict.on_reproduced.holds
    return "not-printed" if verdict.on_paper.holds == "fails" and here != "fails" else here


def claim_views(catalog: Catalog, snapshot: Snapshot, untested: Untested) -> list[ClaimView]:
    """All claims by section, then in the order of papers and claims."""
    found = [_view(catalog, snapshot, untested, verdict) for verdict in snapshot.claims]
    order = [key for key, _ in SECTIONS]
    return sorted(found, key=lambda view: order.index(view.section))


def _view(
    catalog: Catalog, snapshot: Snapshot, untested: Untested, verdict: ClaimVerdict
) -> ClaimView:
    claim = verdict.claim
    try:
        resolved: Resolved | None = understand(catalog, verdict.paper, claim)
    except CatalogError:  # a snapshot that is older than the catalog: the expression as it is
        resolved = None
    printed = here = ""
    if resolved:
        numbers = {n: c.number.value for n, c in resolved.cells.items() if c.number}
        printed = filled(resolved, numbers)
        measured = {
            name: found.value
            for name, cell in resolved.cells.items()
            if (found := untested.verdicts.get(cell.key)) and found.value is not None
        }
        here = filled(resolved, measured) if measured and not claim.instead else ""
    return ClaimView(
        verdict=verdict,
        paper=catalog.papers[verdict.paper],
        section=section_of(verdict),
        printed=printed,
        here=here,
        bar=bar(verdict),
        jobs=untested.jobs_for(verdict),
    )


def filled(resolved: Resolved, numbers: Mapping[str, float]) -> str:
    """The expression with numbers for cells: 'percent_less(17.5, 63.6)'; '?' for a number that is missing."""
    text = resolved.expression.text
    parts, at = [], 0
    placed = sorted(resolved.expression.references.items(), key=lambda item: item[1].position)
    for name, reference in placed:
        cells = resolved.names[name]
        shown = [number(numbers[c], 4) if c in numbers else "?" for c in cells[:MOST_NUMBERS]]
        more = [f"… {len(cells)} in all"] if len(cells) > MOST_NUMBERS else []
        listed = ", ".join(shown + more)
        parts += [text[at : reference.position], f"[{listed}]" if reference.is_list else listed]
        at = reference.position + len(reference.text)
    return re.sub(r"\s+", " ", "".join([*parts, text[at:]])).strip()


def bar(verdict: ClaimVerdict) -> Bar | None:
    """None for a claim without a number, and where there is neither a printed nor a measured value."""
    wanted = claimed_range(verdict.claim)
    printed, here = _span(verdict.on_paper), _span(verdict.on_reproduced)
    spans = [one for one in (printed, here) if one]
    if wanted is None or not spans:
        return None
    finite = [end for end in (wanted.low, wanted.high) if abs(end) < 1e12]
    every = [value for span in spans for value in span] + finite
    low, high = min(every), max(every)
    room = 0.08 * (high - low) or 1.0
    low, high = low - room, high + room

    def place(value: float) -> float:
        return round(WIDTH * (min(max(value, low), high) - low) / (high - low), 1)

    def placed(span: tuple[float, float, float] | None) -> tuple[float, float, float] | None:
        return span and (place(span[0]), place(span[1]), place(span[2]))

    said = [f"claimed {verdict.claim.claimed}"]
    for name, span in (("printed", printed), ("here", here)):
        if span:
            said.append(
                f"{name} {number(span[1], 3)} ({number(span[0], 3)} to {number(span[2], 3)})"
            )
    return Bar(
        claimed=(place(wanted.low), place(wanted.high)),
        printed=placed(printed),
        here=placed(here),
        ends=(number(low, 2), number(high, 2)),
        words="; ".join(said),
    )


def _span(judged: ClaimJudgement) -> tuple[float, float, float] | None:
    """Low, value, high."""
    if judged.value is None or abs(judged.value) > 1e12:
        return None
    low, high = judged.interval or (judged.value, judged.value)
    return low, judged.value, high


def chips(views: Iterable[ClaimView]) -> list[tuple[str, str, int]]:
    """(section, heading, number of claims) of every section with a claim."""
    found = [view.section for view in views]
    return [(key, heading, found.count(key)) for key, heading in SECTIONS if key in found]
