"""What the leaderboard consists of: values, entries, groups that share a protocol."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from bench.catalog.methods import normalised
from bench.catalog.quantities import METRICS
from reports.views.ranking import Rank, Span
from reports.views.urls import model_page
from reports.views.words import EVIDENCE, Word, split_name

CHOICES = {"boxes": "Boxes", "input_size": "Input size", "flip_test": "Flip test"}
_REFERENCE = re.compile(r"\s*\[[^\]]*\]")
_HASH = re.compile(r"\b([0-9a-f]{10})[0-9a-f]{22,}\b")
MAIN = tuple(name for name, metric in METRICS.items() if metric.kind == "accuracy")


@dataclass
class Value:
    """One metric of one entry: as printed, as measured here, as others report it; the span by which each is ranked.

    printed_value: the printed number, also where it is not ranked. printed_short: it without unit and remarks.
    others_value: the first of what others report.
    """

    printed: str | None = None
    printed_span: Span | None = None
    printed_value: float | None = None
    printed_short: str = ""
    others: str | None = None
    others_value: float | None = None
    here: str | None = None
    here_span: Span | None = None
    word: Word | None = None
    note: str = ""
    link: str | None = None


class Print(NamedTuple):
    """One printed number of an entry, and where it is printed."""

    table: str
    metric: str
    text: str
    link: str


@dataclass
class Entry:
    """One method, by its canonical name, in one group; `printed_as`: the labels by which tables print it."""

    label: str
    model: str | None
    source: str
    origin: str
    method: str | None = None
    run: str | None = None
    printed_as: list[str] = field(default_factory=list)
    values: dict[str, Value] = field(default_factory=dict)
    evidence: set[str] = field(default_factory=set)
    places: list[str] = field(default_factory=list)
    prints: list[Print] = field(default_factory=list)
    rank: Rank | None = None
    page: str | None = None

    def span(self, metric: str, measured: bool) -> Span | None:
        """What the entry is ranked by: the value measured here or the printed one; None without it."""
        value = self.values.get(metric, Value())
        return value.here_span if measured else value.printed_span

    @property
    def labels(self) -> list[str]:
        """Labels by which tables print it, where they are not its name; references are left out."""
        plain = {_REFERENCE.sub("", label).strip(): label for label in self.printed_as}
        known = normalised(self.label)
        return [one for one in plain if one and normalised(one) not in known]

    @property
    def link(self) -> str | None:
        return model_page(self.model) if self.model else self.page


@dataclass
class Group:
    """Entries that may be ranked against each other."""

    key: str
    split: str
    protocol: tuple[tuple[str, str], ...]
    measured: bool
    entries: list[Entry]
    small: bool = (
        False  # networks of the smoke and lab tiers, which are not those counted and timed
    )

    @property
    def main(self) -> str | None:
        """The accuracy by which the group is ranked initially."""
        return next((m for m in MAIN if any(m in e.values for e in self.entries)), None)

    @property
    def evidenced(self) -> int:
        """Number of entries with anything measured here."""
        return sum(bool(entry.evidence) for entry in self.entries)

    @property
    def parts(self) -> list[tuple[str, str]]:
        """The parts of the protocol that a reader can filter by."""
        return [(key, value) for key, value in self.protocol if key in CHOICES]

    @property
    def title(self) -> str:
        """Split and protocol in one line; long hashes are shortened."""
        parts = [(key.replace("_", " "), _HASH.sub(r"\1", value)) for key, value in self.protocol]
        protocol = "; ".join(f"{key} {value}" for key, value in parts)
        return f"{split_name(self.split)}: {protocol or 'protocol not stated'}"


@dataclass(frozen=True)
class Leaderboard:
    """All groups; `machine` is what the speeds were measured on."""

    groups: tuple[Group, ...]
    machine: str | None

    @cached_property
    def columns(self) -> list[str]:
        used = {name for g in self.groups for e in g.entries for name in e.values}
        return [name for name in METRICS if name in used]

    @property
    def choices(self) -> list[tuple[str, str, list[str]]]:
        """Filters on the protocol: field, label, and the values that occur."""
        found: dict[str, set[str]] = {key: set() for key in CHOICES}
        for group in self.groups:
            for key, value in group.parts:
                found[key].add(value)
        return [(key, label, sorted(found[key])) for key, label in CHOICES.items() if found[key]]

    @property
    def splits(self) -> list[str]:
        return list(dict.fromkeys(group.split for group in self.groups))

    @property
    def evidence(self) -> list[Word]:
        used = {name for g in self.groups for e in g.entries for name in e.evidence}
        return [word for name, word in EVIDENCE.items() if name in used]
