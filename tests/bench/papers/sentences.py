"""The sentences of a paper's text, counted as docs/papers.md says."""

import re
from functools import cache
from pathlib import Path

import yaml

from bench.catalog.place import Place

PARAGRAPHS = yaml.safe_load(Path(__file__).with_name("paragraphs.yaml").read_text("utf-8"))
ABBREVIATION = re.compile(
    r"\b(Tab|Fig|Figure|Sec|Eq|e\.g|i\.e|vs|al|Int|Reg|Ince|w\.r\.t|Attn|Iter)\.$|^\(?\d+\)?\.$"
)
END = re.compile(r"[.?!][\"”*)]*\s+(?=[\"“(*]*[A-Z0-9]|[\"“][a-z])")
LABEL = re.compile(r"^\**(Table|Figure|Fig\.)\s*\d+\**\s*[.:–-]\**\s*")
BOLD = re.compile(r"\*\*[^*]+\*\*\s*")


def part(place: Place) -> str:
    """The key in paragraphs.yaml of what a place counts in."""
    for kind in ("table", "figure", "footnote"):
        if number := getattr(place, kind):
            return f"{kind} {number}" if kind == "footnote" else f"{kind.title()} {number}"
    return str(place.section)


@cache
def paragraphs(text: str, paper: str, name: str) -> list[list[str]]:
    """The sentences of each paragraph of a section, caption or footnote."""
    lines = text.split("\n")
    return [_sentences(lines, one, name) for one in PARAGRAPHS[paper][name]]


def _sentences(lines: list[str], numbers: str, name: str) -> list[str]:
    kept = [lines[int(one) - 1].strip() for one in numbers.lstrip("t").split("+")]
    joined = [re.sub(r"(?<=[a-z])-$", "", one) for one in kept[:-1]] + kept[-1:]
    paragraph = re.sub(r"\s+", " ", " ".join(joined))
    if name.startswith(("Table", "Figure")):
        paragraph = LABEL.sub("", paragraph)
    if not numbers.startswith("t"):
        return _split(paragraph)
    title = BOLD.match(paragraph)
    return _split(paragraph[title.end() :]) if title else _split(paragraph)[1:]


def _split(paragraph: str) -> list[str]:
    found, start = [], 0
    for end in END.finditer(paragraph):
        if not ABBREVIATION.search(paragraph[start : end.start() + 1]):
            found.append(paragraph[start : end.end()].strip())
            start = end.end()
    return [*found, paragraph[start:]]


def sentence(text: str, paper: str, place: Place) -> str:
    """The sentence of a place, or all of the caption or footnote that it names. Raises `LookupError`."""
    found = paragraphs(text, paper, part(place))
    number = place.sentence or 0
    chosen = found[(place.paragraph or 1) - 1]
    return chosen[number - 1] if number else " ".join(chosen)
