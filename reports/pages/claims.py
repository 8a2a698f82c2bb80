"""All claims: what fails first, each with its formula, its intervals, and what would decide it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from bench.catalog.load import Catalog
from bench.catalog.registration import Registration
from bench.catalog.schema import Paper
from bench.errors import CatalogError
from bench.judge.claims.claimed import claimed_range
from bench.judge.claims.expressions import Resolved
from bench.judge.claims.on_paper import understand
from bench.judge.records import ClaimJudgement, ClaimVerdict, Snapshot
from bench.judge.untested import Job, Untested
from reports.views.claim_reasons import tables_of
from reports.views.claim_why import judges_reason, why_here, why_printed
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
#: Sections of claims that fail; their claims are shown without a click.
FAILING = ("fails", "not-printed", "contradicts")
MOST_NUMBERS = 6
WIDTH = 300.0


class Lane(NamedTuple):
    """One line of a bar: from low to high, with a mark at `at` (0 to WIDTH), and the same in words."""

    name: str
    low: float
    high: float
    at: float | None
    words: str


@dataclass(frozen=True)
class Bar:
    """The claimed range, the printed and the measured value with their intervals on one scale; where zero is on it."""

    lanes: tuple[Lane, ...]
    zero: float | None
    ends: tuple[str, str]

    @property
    def words(self) -> str:
        """What the bar shows, in words."""
        said = [f"{lane.name} {lane.words}" for lane in self.lanes]
        zero = "zero is marked" if self.zero is not None else "zero is off the scale"
        return f"{'; '.join(said)}; scale from {' to '.join(self.ends)}, {zero}"


@dataclass(frozen=True)
class ClaimView:
    """One claim.

    why_printed, why_here: what decides each judgement, in a sentence; tables: those it is about, with their pages.
    printed, here: the formula with numbers filled in; jobs: what would decide it.
    """

    verdict: ClaimVerdict
    paper: Paper
    section: str
    printed: str
    here: str
    bar: Bar | None
    jobs: tuple[Job, ...]
    why_printed: str = ""
    why_here: str = ""
    tables: Mapping[str, str] = field(default_factory=dict)

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

    @property
    def failing(self) -> bool:
        """Whether it fails or is contradicted, on measured or on printed values."""
        return self.section in FAILING

    @property
    def registered(self) -> list[Registration]:
        """The registration that counts of each tier."""
        claim = self.verdict.claim
        return [one for one in claim.registered if one is claim.registration(one.tier)]

    @property
    def earlier(self) -> list[Registration]:
        """Registrations that a later one of the same tier replaced."""
        return [one for one in self.verdict.claim.registered if one not in self.registered]

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
    view = ClaimView(
        verdict=verdict,
        paper=catalog.papers[verdict.paper],
        section=section_of(verdict),
        printed="",
        here="",
        bar=bar(verdict),
        jobs=untested.jobs_for(verdict),
        why_printed=judges_reason(verdict.on_paper),
        why_here=judges_reason(verdict.on_reproduced),
    )
    if resolved is None:
        return view
    numbers = {n: c.number.value for n, c in resolved.cells.items() if c.number}
    measured = {
        name: found
        for name, cell in resolved.cells.items()
        if (found := untested.verdicts.get(cell.key)) and found.value is not None
    }
    known = {name: one.value for name, one in measured.items() if one.value is not None}
    return replace(
        view,
        printed=filled(resolved, numbers),
        here=filled(resolved, known) if known and not claim.instead else "",
        why_printed=why_printed(catalog, verdict, resolved, numbers),
        why_here=why_here(catalog, verdict, resolved, measured),
        tables=tables_of(resolved),
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
    spans = {"printed": _span(verdict.on_paper), "here": _span(verdict.on_reproduced)}
    spans = {name: span for name, span in spans.items() if span}
    if wanted is None or not spans:
        return None
    finite = [end for end in (wanted.low, wanted.high) if abs(end) < 1e12]
    every = [value for span in spans.values() if span for value in span] + finite
    low, high = min(every), max(every)
    if 0.0 < low <= high - low or 0.0 < -high <= high - low:  # zero is near: shown as well
        low, high = min(low, 0.0), max(high, 0.0)
    room = 0.08 * (high - low) or 1.0
    low, high = low - room, high + room

    def place(value: float) -> float:
        return round(WIDTH * (min(max(value, low), high) - low) / (high - low), 1)

    claimed = f"{verdict.claim.claimed or ''}, {verdict.claim.rounding.replace('-', ' ')}"
    claimed = claimed.replace("-", "−")
    lanes = [Lane("claimed", place(wanted.low), place(wanted.high), None, claimed)]
    for name, span in spans.items():
        if span:
            words = number(span[1], 3)
            if span[0] != span[2]:
                words += f" ({number(span[0], 3)} to {number(span[2], 3)})"
            lanes.append(Lane(name, place(span[0]), place(span[2]), place(span[1]), words))
    zero = place(0.0) if low <= 0.0 <= high else None
    return Bar(tuple(lanes), zero, (number(low, 2), number(high, 2)))


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
