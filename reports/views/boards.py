"""Boards to choose a model by: one method a row, whoever prints it, with its printings behind it.

A board is a data set and an input size that people compare at. In it, printings of one method at one input size are one
row unless their protocols contradict each other; what a row's protocol has of its own is a chip in the row. Grouped
strictly, only rows of one protocol stand together and are ranked (`reports.views.leaderboard` groups the downloads so).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.catalog.cells import sizes_of
from bench.catalog.quantities import METRICS
from reports.views.entries import Entry, Group, Leaderboard, Print, Value
from reports.views.ranking import Span
from reports.views.words import EVIDENCE, Word, split_name

SIDES = ("printed", "here", "others")
#: Boards in order: key -> (name, what is on it).
BOARDS = {
    "coco-val-256x192": ("COCO val 256×192", "people in boxes, 256×192 pixels"),
    "coco-val-384x288": ("COCO val 384×288", "people in boxes, 384×288 pixels"),
    "one-stage": ("One-stage", "whole images, without boxes"),
    "coco-test-dev": ("COCO test-dev", "people in boxes, every input size"),
    "mpii": ("MPII", "one person at a time"),
    "crowdpose": ("CrowdPose", "crowded images"),
    "coco-val-other": ("COCO val, other sizes", "other or no stated input sizes"),
    "other": ("Other data", "every other data set"),
    "trained-here": (
        "Trained here",
        "small networks of the smoke and lab tiers, or full trainings",
    ),
    "external": ("External", "predictions that others handed in, evaluated here"),
}
_COCO_SIZES = {(192, 256): "coco-val-256x192", (288, 384): "coco-val-384x288"}
_CHIPS = {"boxes": "", "input_size": "", "flip_test": "flip test ", "data": ""}
_WORDS = {"none": "no boxes", "ground-truth": "ground-truth boxes", "not stated": "not stated"}


@dataclass
class Shown:
    """A value as shown, the number that it is sorted by, and the span by which it is ranked."""

    text: str
    value: float | None = None
    span: Span | None = None
    word: Word | None = None


@dataclass
class Line:
    """One row of a board. stated: what each table that prints it says of the protocol."""

    name: str
    link: str | None
    origin: str
    source: str
    protocol: dict[str, str]
    values: dict[tuple[str, str], Shown] = field(default_factory=dict)
    evidence: set[str] = field(default_factory=set)
    prints: list[Print] = field(default_factory=list)
    note: str = ""
    stated: dict[str, dict[str, str]] = field(default_factory=dict)
    chips: list[str] = field(default_factory=list)
    chips_of: dict[str, list[str]] = field(default_factory=dict)

    def mark(self, usual: dict[str, str]) -> None:
        """Chips for what is not usual: of the row where all its tables state it, else of the table that does."""
        for key, value in sorted(self.protocol.items()):
            if usual.get(key) == value:
                continue
            own = [table for table, stated in self.stated.items() if stated.get(key) == value]
            if len(own) == len(self.stated):
                self.chips.append(_chip(key, value))
                continue
            for table in own:
                self.chips_of.setdefault(table, []).append(_chip(key, value))

    def places(self, main: str | None) -> list[tuple[str, str, str]]:
        """Tables that print it: (table, link, the main accuracy where tables print different ones)."""
        found: dict[str, Print] = {}
        for one in self.prints:
            if one.table not in found or (one.metric == main != found[one.table].metric):
                found[one.table] = one
        texts = {one.text for one in found.values() if one.metric == main}
        return [
            (one.table, one.link, one.text if len(texts) > 1 and one.metric == main else "")
            for one in found.values()
        ]


@dataclass
class Section:
    """Rows of one split, best first; `usual`: what most of them have in their protocol."""

    title: str
    lines: list[Line]
    main: str | None
    usual: dict[str, str] = field(default_factory=dict)


@dataclass
class Board:
    """One page of the leaderboard."""

    key: str
    sections: list[Section]

    @property
    def name(self) -> str:
        return BOARDS[self.key][0]

    @property
    def about(self) -> str:
        return BOARDS[self.key][1]

    @property
    def lines(self) -> list[Line]:
        return [line for section in self.sections for line in section.lines]

    @property
    def columns(self) -> list[tuple[str, list[str]]]:
        """Metrics with the sides that any row has; nothing is empty."""
        used = {key for line in self.lines for key in line.values}
        sides = {m: [side for side in SIDES if (m, side) in used] for m in METRICS}
        return [(metric, some) for metric, some in sides.items() if some]

    @property
    def evidence(self) -> list[str]:
        used = {key for line in self.lines for key in line.evidence}
        return [key for key in EVIDENCE if key in used]


def boards(leaderboard: Leaderboard) -> list[Board]:
    """The boards with any row, in the order of `BOARDS`."""
    found: dict[str, dict[str, list[tuple[Group, Entry]]]] = defaultdict(lambda: defaultdict(list))
    for group in leaderboard.groups:
        found[_board_of(group)][group.split] += [(group, entry) for entry in group.entries]
    return [
        Board(key, [_section(split, pairs) for split, pairs in found[key].items()])
        for key in BOARDS
        if key in found
    ]


def _board_of(group: Group) -> str:
    if group.measured:
        return "external" if group.key.startswith("s") else "trained-here"
    protocol, split = dict(group.protocol), group.split
    if split.startswith("coco"):
        if protocol.get("boxes") == "none":
            return "one-stage"
        if split.startswith("coco-test"):
            return "coco-test-dev"
        size = sizes_of(protocol.get("input_size", ""))
        return _COCO_SIZES.get(size, "coco-val-other") if size else "coco-val-other"
    return next((key for key in ("mpii", "crowdpose") if split.startswith(key)), "other")


def _section(split: str, pairs: list[tuple[Group, Entry]]) -> Section:
    lines: dict[tuple[str, ...], list[Line]] = defaultdict(list)
    for group, entry in sorted(pairs, key=lambda pair: pair[1].origin != "own"):
        protocol = dict(group.protocol)
        known = entry.method or entry.source  # a label that no method owns is one paper's
        same = lines[entry.label, known, protocol.get("input_size", ""), entry.run or ""]
        line = next((one for one in same if _agree(one.protocol, protocol)), None)
        if line is None:
            line = Line(
                entry.label, entry.link, entry.origin, entry.source, {}, note=entry.run or ""
            )
            same.append(line)
        _merge(line, entry, protocol)
    every = [line for some in lines.values() for line in some]
    mains = [group.main for group, _ in pairs if group.main]
    main = Counter(mains).most_common(1)[0][0] if mains else None
    usual = _usual(every)
    for line in every:
        line.mark(usual)
    side = "here" if pairs[0][0].measured else "printed"
    return Section(
        split_name(split), sorted(every, key=lambda o: _order(o, main, side)), main, usual
    )


def _agree(one: dict[str, str], two: dict[str, str]) -> bool:
    return all(one[key] == two[key] for key in one.keys() & two.keys())


def _merge(line: Line, entry: Entry, protocol: dict[str, str]) -> None:
    """Add a printing; of a metric that is printed twice, the first value stays in the row."""
    line.protocol |= protocol
    for one in entry.prints:
        line.stated.setdefault(one.table, {}).update(protocol)
    line.evidence |= entry.evidence
    line.prints += [one for one in entry.prints if one not in line.prints]
    line.link = line.link or entry.link
    for metric, value in entry.values.items():
        for side, shown in _sides(metric, value):
            line.values.setdefault((metric, side), shown)


def _sides(metric: str, value: Value) -> Iterable[tuple[str, Shown]]:
    """No verdict at FLOPs, which are multiply-accumulates here whatever the printed rule is, and none at speeds."""
    word = value.word if value.here_span and metric not in ("flops", "fps", "latency") else None
    if value.printed:
        text = value.printed_short or value.printed
        yield "printed", Shown(text, value.printed_value, value.printed_span)
    if value.here:
        span = value.here_span
        number = span.value if span else float(value.here.replace("\u202f", ""))
        yield "here", Shown(value.here, number, span, word)
    if value.others:
        yield "others", Shown(value.others, value.others_value)


def _usual(lines: Iterable[Line]) -> dict[str, str]:
    """For each part of the protocol, what at least half of the rows have."""
    every = list(lines)
    found = Counter(item for line in every for item in line.protocol.items())
    return {key: value for (key, value), n in sorted(found.items()) if 2 * n >= len(every)}


def _chip(key: str, value: str) -> str:
    """'no boxes', 'flip test no', 'trained on coco-train2017'."""
    text = _WORDS.get(value, value)
    if value == "not stated":
        return f"{key.replace('_', ' ')} not stated"
    return f"{_CHIPS.get(key, key.replace('_', ' ') + ' ')}{text}"


def _order(line: Line, main: str | None, side: str) -> tuple[bool, float, str]:
    shown = line.values.get((main or "", side))
    value = shown.value if shown else None
    return value is None, -(value or 0.0), line.name
