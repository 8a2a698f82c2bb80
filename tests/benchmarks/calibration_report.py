"""The figures of `judge_calibration` as data and as Markdown."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

FEW = 100
MOST = 0.05
SEEDS = (1, 2, 3, 4, 5)
TIERS = ("paper", "counted", "timed", "released", "smoke", "lab", "full")
BINS = ("0.1 to 0.4", "0.4 to 1.7", "1.7 to 7")
#: What is right of a true difference of one point: an order, a cell that is off by it, and a true reproduction.
RIGHT = {"order": {"holds", "supports"}, "off by 1": {"better"}, "reproduction": {"reproduced"}}
SEEDED = ("smoke", "lab", "full")


class Judgement(NamedTuple):
    """One word of the judge on a cell or claim.

    seeds: 0 where they mean nothing. spread: the deviation from seed to seed, as one of BINS (for power: in points).
    wrong: None where the word decides nothing.
    """

    kind: str
    tier: str
    seeds: int
    spread: str
    word: str
    wrong: bool | None


@dataclass(frozen=True)
class Figures:
    """How often each word was said of the simulated papers, and of a true difference of one point."""

    words: Counter[Judgement]
    power: Counter[Judgement]

    def text(self) -> str:
        both = ([[*one, n] for one, n in part.items()] for part in (self.words, self.power))
        return json.dumps(list(both))

    @classmethod
    def read(cls, text: str | bytes) -> "Figures":
        words, power = (
            Counter({Judgement(*one): n for *one, n in part}) for part in json.loads(text)
        )
        return cls(words, power)


class Share(NamedTuple):
    """How many of the firm words are wrong."""

    wrong: int
    firm: int

    @property
    def share(self) -> float:
        return self.wrong / self.firm if self.firm else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the share; [0, 1] without any case."""
        if not self.firm:
            return 0.0, 1.0
        z, n, p = 1.959964, self.firm, self.share
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        radius = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, middle - radius), min(1.0, middle + radius)

    def __str__(self) -> str:
        if not self.firm:
            return "none"
        low, high = (100 * end for end in self.interval)
        mark = "**" if self.share > MOST else ""
        shown = f"{mark}{100 * self.share:.1f} %{mark}"
        return f"{shown} of {self.firm} [{low:.1f}, {high:.1f}]"


def share(words: Iterable[tuple[Judgement, int]]) -> Share:
    firm = [(one.wrong, n) for one, n in words if one.wrong is not None]
    return Share(sum(n for wrong, n in firm if wrong), sum(n for _, n in firm))


def family(kind: str) -> str:
    """'order' of 'order: a > b'; cells stay apart."""
    return kind if kind.startswith("cell") else kind.partition(":")[0]


def grouped(
    words: Mapping[Judgement, int], *, by_seeds: bool = False, families: bool = False
) -> dict[tuple[str, str, int], Share]:
    """Wrong among firm by kind (or its family), tier and (or 0) number of seeds."""
    found = defaultdict(list)
    for one, n in words.items():
        kind = family(one.kind) if families else one.kind
        found[kind, one.tier, one.seeds if by_seeds else 0].append((one, n))
    return {key: share(among) for key, among in found.items()}


def too_often_wrong(words: Mapping[Judgement, int]) -> dict[tuple[str, str, int], Share]:
    """Kinds by tier, and families by tier and seeds, of whose 100 or more firm words more than 5 % are wrong."""
    every = grouped(words) | grouped(words, by_seeds=True, families=True)
    return {key: one for key, one in every.items() if one.firm >= FEW and one.share > MOST}


# ---------------------------------------------------------------- Markdown


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(head)
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def report(now: Figures, old: Figures | None, revision: str) -> str:
    """All tables, each with the judge of today and of an older revision."""
    judges = {"today": now} if old is None else {f"at {revision}": old, "today": now}
    parts = ["## Firm words that are wrong, by kind and tier\n", _by_kind(judges)]
    for name, figures in judges.items():
        parts += [f"## By number of seeds: {name}\n", _by_seeds(figures)]
    parts += ["## By deviation between seeds, in points\n", _by_spread(judges)]
    parts += ["## Power: a true difference of one point\n", _power(judges)]
    parts += ["## How often each word is said\n", _words(judges)]
    high = too_often_wrong(now.words)
    named = [f"{kind}, {tier}" + (f", {n} seeds" if n else "") for kind, tier, n in sorted(high)]
    parts.append(
        "Today above 5 % with at least 100 firm words: " + ("; ".join(named) or "none") + ".\n"
    )
    return "\n".join(parts)


def _order(key: tuple[str, str, int]) -> tuple[str, int]:
    return key[0], TIERS.index(key[1])


def _by_kind(judges: Mapping[str, Figures]) -> str:
    found = {name: grouped(figures.words) for name, figures in judges.items()}
    keys = {key for one in found.values() for key, value in one.items() if value.firm}
    rows = (
        [*key[:2], *(str(one.get(key, Share(0, 0))) for one in found.values())]
        for key in sorted(keys, key=_order)
    )
    return table(["kind", "tier", *judges], rows)


def _by_seeds(figures: Figures) -> str:
    found = grouped(figures.words, by_seeds=True, families=True)
    keys = {
        (kind, tier, 0) for (kind, tier, n), one in found.items() if tier in SEEDED and one.firm
    }
    rows = (
        [kind, tier, *(str(found.get((kind, tier, n), Share(0, 0))) for n in SEEDS)]
        for kind, tier, _ in sorted(keys, key=_order)
    )
    return table(["kind", "tier", *(f"{n} seed{'s' * (n > 1)}" for n in SEEDS)], rows)


def _by_spread(judges: Mapping[str, Figures]) -> str:
    found: dict[tuple[str, str, str], dict[str, list[tuple[Judgement, int]]]] = defaultdict(
        lambda: {one: [] for one in BINS}
    )
    for name, figures in judges.items():
        for one, n in figures.words.items():
            if one.tier in SEEDED:
                found[family(one.kind), one.tier, name][one.spread].append((one, n))
    rows = (
        [*key, *(str(share(found[key][one])) for one in BINS)]
        for key in found
        if any(share(among).firm for among in found[key].values())
    )
    ordered = sorted(rows, key=lambda row: (row[0], TIERS.index(row[1])))
    return table(["kind", "tier", "judge", *BINS], ordered)


def _power(judges: Mapping[str, Figures]) -> str:
    """Decided rightly, by deviation between seeds."""
    said: dict[tuple[str, ...], Counter[bool]] = defaultdict(Counter)
    for name, figures in judges.items():
        for one, n in figures.power.items():
            key = (one.kind, one.tier, str(one.seeds), name, one.spread)
            said[key][one.word in RIGHT[one.kind]] += n
    spreads = sorted({key[-1] for key in said}, key=float)
    lines = list(dict.fromkeys(key[:-1] for key in said))
    rows = (
        [*line, *(f"{100 * said[*line, s][True] / said[*line, s].total():.0f} %" for s in spreads)]
        for line in sorted(lines, key=lambda line: (line[0], TIERS.index(line[1]), line[2]))
    )
    return table(["decided rightly", "tier", "seeds", "judge", *(f"sd {s}" for s in spreads)], rows)


def _words(judges: Mapping[str, Figures]) -> str:
    said: dict[tuple[str, str, int], dict[str, Counter[str]]] = defaultdict(
        lambda: defaultdict(Counter)
    )
    for name, figures in judges.items():
        for one, n in figures.words.items():
            if one.tier in TIERS:
                said[family(one.kind), one.tier, 0][name][one.word] += n
    rows = (
        [*key[:2], name, ", ".join(f"{word} {n}" for word, n in words.most_common())]
        for key in sorted(said, key=_order)
        for name, words in said[key].items()
    )
    return table(["kind", "tier", "judge", "words"], rows)
