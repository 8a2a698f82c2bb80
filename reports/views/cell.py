"""One cell as shown on the site: printed value, verdict, evidence, history, figures of others."""

from dataclasses import dataclass

from bench.catalog.cells import Cell
from bench.catalog.quantities import METRICS
from bench.judge.elsewhere import Elsewhere, brief, headed
from bench.judge.records import Verdict
from reports.views.history import ChangeView
from reports.views.results import Trace
from reports.views.urls import cell_link
from reports.views.words import (
    CAUSES,
    COMPARISONS,
    DIFFERS_BY,
    EVIDENCE,
    ORIGINS,
    SILENT,
    VERDICTS,
    Word,
    number,
    signed,
)
from reports.views.work import Work


@dataclass(frozen=True)
class CellView:
    """One cell: what the paper prints, what was measured here, the verdict, and what others reported."""

    cell: Cell
    verdict: Verdict | None
    word: Word
    evidence: Word | None
    traces: tuple[Trace, ...]
    history: tuple[ChangeView, ...] = ()
    elsewhere: tuple[Elsewhere, ...] = ()
    work: Work | None = None

    @classmethod
    def of(
        cls,
        cell: Cell,
        verdict: Verdict | None,
        traces: tuple[Trace, ...] = (),
        history: tuple[ChangeView, ...] = (),
        elsewhere: tuple[Elsewhere, ...] = (),
        work: Work | None = None,
    ) -> "CellView":
        """A cell with its verdict; without one it is shown as not judged. history: its changes, newest first. work:
        what would test it."""
        evidence = EVIDENCE[verdict.evidence] if verdict and verdict.evidence else None
        word = _word(cell, verdict)
        return cls(cell, verdict, word, evidence, traces, history, elsewhere, work)

    @property
    def brief(self) -> list[str]:
        """What others reported, in at most two phrases: 'authors 79.5'."""
        return brief(self.elsewhere)

    @property
    def reported(self) -> list[tuple[str, list[Elsewhere]]]:
        """What others reported, under headings."""
        return headed(self.elsewhere)

    @property
    def kind(self) -> str:
        """accuracy, count, speed, measure or setting."""
        return METRICS[self.cell.metric].kind if self.cell.metric else "setting"

    @property
    def link(self) -> str:
        """Address of the cell from the root of the site."""
        return cell_link(*self.cell.key)

    @property
    def model(self) -> str | None:
        return self.cell.model

    @property
    def judged(self) -> bool:
        return self.word.key in VERDICTS

    @property
    def here(self) -> str | None:
        """The value measured here, rounded like the printed one."""
        if self.verdict is None or self.verdict.value is None:
            return None
        return self.verdict.shown or number(self.verdict.value)

    @property
    def difference(self) -> str | None:
        if self.verdict is None or self.verdict.difference is None:
            return None
        if self.relative:
            return f"{signed(self.verdict.difference, 1)} %"
        printed = self.cell.number
        return signed(self.verdict.difference, printed.decimals if printed else 1)

    @property
    def relative(self) -> bool:
        """Whether the difference is in percent of the printed value (counts, speeds) and not in its unit."""
        return self.kind in ("count", "speed")

    @property
    def comparison(self) -> str | None:
        """How the measured protocol relates to the printed one, in words."""
        found = self.verdict.comparison if self.verdict else None
        return COMPARISONS[found] if found else None

    @property
    def interval(self) -> str | None:
        if self.verdict is None or self.verdict.interval is None:
            return None
        return " to ".join(number(end) for end in self.verdict.interval)

    @property
    def reason(self) -> str:
        """Why, beginning with a known misprint."""
        if self.verdict is None:
            return self.word.meaning
        return "; ".join(filter(None, (self.verdict.cause, self.verdict.reason)))

    @property
    def why(self) -> str:
        """Of a value that differs, its cause in a sentence; else empty."""
        found = self.verdict.explanation if self.verdict else None
        if found is None:
            return ""
        label = CAUSES[found.cause].label
        label = label[0].upper() + label[1:]
        return f"{label}." if found.cause == "none" else f"{label}: {found.words}."

    @property
    def seeds(self) -> str:
        return ", ".join(map(str, self.verdict.seeds)) if self.verdict else ""

    @property
    def allowed(self) -> str | None:
        """The interval that rounds to the printed value: '75.75 to 75.85'."""
        printed = self.cell.number
        if printed is None:
            return None
        low, high = printed.value - printed.half_step, printed.value + printed.half_step
        digits = max(printed.decimals + 1, 0)  # 1.2B in a column of M has no decimals at all
        return f"{number(low, digits)} to {number(high, digits)}"

    @property
    def origin(self) -> str:
        return ORIGINS[self.cell.origin]


def _word(cell: Cell, verdict: Verdict | None) -> Word:
    if verdict is not None and verdict.verdict in VERDICTS:
        return _sized(VERDICTS[verdict.verdict], verdict)
    if verdict is not None:
        return SILENT[verdict.verdict]
    if cell.metric is None:
        return SILENT["setting"]
    return SILENT["unjudged" if cell.number else "empty"]


def _sized(word: Word, verdict: Verdict) -> Word:
    """'differs, last digit'."""
    if verdict.verdict != "deviates" or verdict.explanation is None:
        return word
    words, tone = DIFFERS_BY[verdict.explanation.size]
    return word._replace(label=f"{word.label}{words}", tone=tone)
