"""Claims in words: how many got which judgement, each with its evidence in the same phrase."""

from collections import Counter
from collections.abc import Iterable, Sequence

from bench.judge.records import ClaimVerdict
from reports.views.words import HOLDS, Word, claim_word, number, plural

PLURALS = {
    "holds": "hold",
    "supports": "support",
    "contradicts": "contradict",
    "fails": "fail",
    "open": "are open",
    "undecided": "are undecided",
    "not": "do not hold",
}
SINGULARS = {"open": "is open", "undecided": "is undecided", "not": "does not hold"}
Counts = tuple[tuple[Word, int], ...]


def phrase_of(claim: ClaimVerdict) -> Word:
    """The judgement on values measured here."""
    return claim_word(claim.on_reproduced.holds, claim.on_reproduced.evidence)


def count_words(claims: Iterable[ClaimVerdict]) -> Counts:
    """How many claims got which judgement on values measured here, by phrase, in the order of `HOLDS`."""
    found = Counter(map(phrase_of, claims))
    order = list(HOLDS)
    return tuple(sorted(found.items(), key=lambda item: (order.index(item[0].key), item[0].label)))


def in_words(counts: Counts, noun: str = "") -> str:
    """'3 hold (counted), 1 is undecided on this machine'; with a noun '3 claims hold (counted)'."""
    parts = []
    for word, count in counts:
        verb, space, rest = word.label.partition(" ")
        verbs = SINGULARS if count == 1 else PLURALS
        many = plural(count, noun) if noun else number(count, 0)
        parts.append(f"{many} {verbs.get(verb, verb)}{space}{rest}")
    return ", ".join(parts)


def is_ours(claim: ClaimVerdict) -> bool:
    """Whether its threshold was chosen by us, such as "comparable, within 0.5 AP"."""
    return claim.claim.threshold == "ours"


def summary(claims: Sequence[ClaimVerdict]) -> str:
    """All claims of a paper; those with a threshold of ours are counted apart."""
    if not claims:
        return "no claims recorded"
    theirs = [claim for claim in claims if not is_ours(claim)]
    ours = [claim for claim in claims if is_ours(claim)]
    parts = []
    if theirs:
        parts.append(f"{plural(len(theirs), 'claim')}: {in_words(count_words(theirs))}")
    if ours:
        what = plural(len(ours), "more claim" if theirs else "claim")
        parts.append(f"{what} with a threshold of ours: {in_words(count_words(ours))}")
    return f"On values measured here: {'; '.join(parts)}"
