"""One recorded change of a cell's or claim's verdict, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.judge.changes import CAUSES, Cause, Standing
from bench.judge.history import Entry
from reports.views import urls
from reports.views.words import EVIDENCE, HOLDS, SILENT, VERDICTS, Word


@dataclass(frozen=True)
class ChangeView:
    """One change: what, from and to which word, and the sides themselves for values and reason."""

    entry: Entry
    link: str | None = None

    @property
    def words(self) -> tuple[Word, Word]:
        return _word(self.entry.before), _word(self.entry.after)

    @property
    def sides(self) -> tuple[tuple[Word, str], tuple[Word, str]]:
        """Word and facts before, word and facts after; facts that did not change are left out."""
        one, two = (_facts(side) for side in (self.entry.before, self.entry.after))
        before = ", ".join(text for key, text in one.items() if two.get(key) != text)
        after = ", ".join(text for key, text in two.items() if one.get(key) != text)
        return (self.words[0], before), (self.words[1], after)

    @property
    def why(self) -> tuple[tuple[Cause, str], ...]:
        """Each cause with its meaning."""
        return tuple((cause, CAUSES[cause]) for cause in self.entry.why)

    @property
    def reason(self) -> str:
        """The reason that the new verdict gives."""
        return (
            self.entry.after.reason if self.entry.after else "It is no longer in the papers' files."
        )

    @property
    def summary(self) -> str:
        """Causes, facts before and after, and the reason, each as a sentence."""
        (_, before), (_, after) = self.sides
        facts = [f"Before: {before}" if before else "", f"Now: {after}" if after else ""]
        parts = [", ".join(self.entry.why), *facts, self.reason]
        return " ".join(f"{part[0].upper()}{part[1:].removesuffix('.')}." for part in parts if part)

    @property
    def anchor(self) -> str:
        return urls.change_anchor(self.entry.number)


def by_name(entries: Sequence[Entry]) -> dict[str, tuple[ChangeView, ...]]:
    """Cell or claim -> its changes, newest first."""
    found: dict[str, tuple[ChangeView, ...]] = {}
    for one in entries:
        if one.kind != "baseline":
            found[one.name] = (ChangeView(one), *found.get(one.name, ()))
    return found


def _word(side: Standing | None) -> Word:
    if side is None:
        return Word("unjudged", "–", "not in the papers", "")
    known = HOLDS if side.kind == "claim" else {**VERDICTS, **SILENT}
    return known.get(side.verdict) or Word("unjudged", "?", side.verdict, "")


def _facts(side: Standing | None) -> dict[str, str]:
    """What a change may be of, beside the verdict."""
    if side is None:
        return {}
    facts = {
        "on_paper": side.on_paper and f"on paper: {label_of(HOLDS, side.on_paper)}",
        "printed": side.printed
        and f"{'claimed' if side.kind == 'claim' else 'printed'} {side.printed}",
        "here": side.here and f"here {side.here}",
        "evidence": side.evidence and f"evidence: {label_of(EVIDENCE, side.evidence)}",
        "asks": side.asks,
    }
    return {key: text for key, text in facts.items() if text}


def label_of(words: Mapping[str, Word], key: str) -> str:
    """How a word is shown; the word itself if it is not known."""
    return words[key].label if key in words else key
