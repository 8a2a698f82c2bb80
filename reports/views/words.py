"""How the site words things: one symbol, label and meaning per verdict and kind of evidence; number formats."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

# Invalid in HTML: C0 and C1 controls (except tab and newline), lone surrogates, non-characters. And the
# embeddings, overrides and isolates of bidirectional text, which could reorder the text around them.
_INVALID = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\u202a-\u202e\u2066-\u2069]"
)
_CITED = re.compile(r"\s*\[[^\]]*\]|[†*‡]+(?=$|\s)")


class Word(NamedTuple):
    """How a verdict is shown: by symbol and label, never by colour alone. tone: a class of its own for the colour."""

    key: str
    symbol: str
    label: str
    meaning: str
    tone: str = ""


#: What is added to a verdict on a value that differs by this much; the last digit alone is not shown as an alarm.
DIFFERS_BY: Mapping[str, tuple[str, str]] = {
    "last-digit": (", last digit", "slight"),
    "small": (", up to 2 %", "slight"),
    "large": ("", ""),
}


def _words(*rows: tuple[str, str, str, str]) -> dict[str, Word]:
    return {row[0]: Word(*row) for row in rows}


VERDICTS: Mapping[str, Word] = _words(
    ("reproduced", "✓", "matches", "agrees with the printed value within rounding or noise"),
    ("better", "▲", "differs, better", "clearly better than the printed value"),
    (
        "deviates",
        "✗",
        "differs",
        "clearly worse than the printed value; for counts by a rule that the paper states, any difference",
    ),
    (
        "inconclusive",
        "≈",
        "undecided",
        "measured, but the seeds do not decide, or the paper does not state what would",
    ),
    (
        "not-comparable",
        "∦",
        "not comparable",
        "measured under another protocol or machine, or on synthetic data",
    ),
    ("stale", "↻", "stale", "the code or configuration behind the result has changed since"),
    ("failed", "!", "failed", "the measurement was started and did not finish"),
    ("not-run", "○", "untested", "nothing has been measured yet"),
    ("quoted", "❝", "quoted", "the paper quotes this value from another source"),
)
#: Verdicts under which the value measured here is shown next to the printed one.
COMPARED = ("reproduced", "better", "deviates", "inconclusive", "stale")
#: How the protocol of an accuracy relates to the printed one. Only an exact one can refute a printed number.
COMPARISONS: Mapping[str, str] = {
    "exact": "exact: measured as the paper states it",
    "unknown": "unknown: the paper leaves open what had to be chosen",
    "proxy": "proxy: measured in another way, not compared",
}
#: Labels of cells without a verdict.
SILENT: Mapping[str, Word] = _words(
    ("setting", "", "setting", "a setting of the experiment, not a measurement"),
    ("empty", "–", "not printed", "the paper leaves this cell empty"),
    ("unjudged", "?", "not judged", "the snapshot is older than this cell; judge again"),
)
EVIDENCE: Mapping[str, Word] = _words(
    ("counted", "#", "counted", "counted exactly on the full-size model; needs no data"),
    ("timed", "◷", "timed", "timed on the machine named with the result"),
    (
        "smoke",
        "·",
        "smoke",
        "a minute of training on synthetic people; for claims about order only",
    ),
    (
        "lab",
        "⚗",
        "lab",
        "GPU training on synthetic people, several seeds; for claims about order only",
    ),
    ("released-weights", "⇩", "released weights", "the authors' own checkpoint, evaluated here"),
    ("full-1", "①", "one full training run", "one seed on the real data with the paper's schedule"),
    ("full-3", "③", "three full training runs", "at least three seeds on the real data"),
    (
        "submitted",
        "✉",
        "submitted",
        "external predictions, evaluated here; the network was not run",
    ),
    ("paper", "¶", "paper", "the values as printed in the paper"),
    ("mixed", "±", "mixed", "rests on cells with different kinds of evidence"),
)
ORIGINS: Mapping[str, str] = {
    "own": "the paper's own",
    "rerun": "re-run by the authors",
    "quoted": "quoted from another source",
}
HOLDS: Mapping[str, Word] = _words(
    ("holds", "✓", "holds", "the values confirm the claim"),
    (
        "within-rounding",
        "✓",
        "holds within rounding",
        "the exact count misses the claim, but the printed digits of the same cells allow it",
    ),
    (
        "supports",
        "△",
        "supports at small scale",
        "small networks trained on synthetic people agree; says nothing certain of full size",
    ),
    ("inconclusive", "≈", "undecided", "the values do not decide"),
    (
        "not-on-this-machine",
        "⊘",
        "not on this machine",
        "timed on a CPU it is otherwise, which does not refute what the paper timed on a GPU",
    ),
    (
        "contradicts",
        "▽",
        "contradicts at small scale",
        "small networks trained on synthetic people disagree; does not refute the paper",
    ),
    ("fails", "✗", "fails", "the values refute the claim"),
    (
        "open",
        "○",
        "open",
        "not judged: something it needs is missing, or the evidence is of the wrong kind",
    ),
)
#: What the evidence adds to the word, in the same phrase: "holds (counted)".
SCOPES: Mapping[str, str] = {
    "counted": "(counted)",
    "timed": "on this machine",
    "smoke": "at small scale",
    "lab": "at small scale",
    "mixed": "(mixed evidence)",
}
SPLITS: Mapping[str, str] = {
    "coco-val2017": "COCO val2017",
    "coco-test-dev2017": "COCO test-dev2017",
    "mpii-val": "MPII val",
    "mpii-test": "MPII test",
    "crowdpose-test": "CrowdPose test",
}
METRIC_LABELS: Mapping[str, str] = {
    "params": "Params",
    "flops": "FLOPs",
    "fps": "FPS",
    "latency": "Latency",
}


#: How a counting rule is known (`counting_rules` in paper.yaml).
BASES: Mapping[str, str] = {
    "stated": "published by the paper or its authors",
    "public-tool": "public tool",
    "fitted": "fitted to the printed numbers",
    "quoted-source": "of the quoted source",
}
#: Causes of a difference (`bench.judge.explanations`).
CAUSES: Mapping[str, Word] = {
    key: Word(key, "", label, meaning)
    for key, label, meaning in (
        ("copied", "copied row", "what the same method has with another input or other data"),
        ("input-size", "input size", "the count at another input size of the same network"),
        ("misprint", "misprint", "a reader of the paper noted a likely misprint"),
        ("counting-rule", "counting rule", "another rule or a public counter returns the digits"),
        (
            "cut-off",
            "rounding",
            "the exact value begins with the digits: cut off, or rounded twice",
        ),
        ("none", "not explained", "no cause was found"),
    )
}


def claim_word(holds: str, evidence: str | None) -> Word:
    """A judgement on a claim in one phrase with what it rests on: "holds (counted)", "undecided at small scale"."""
    word = HOLDS[holds]
    scope = SCOPES.get(evidence or "")
    if scope is None or holds not in ("holds", "within-rounding", "inconclusive", "fails"):
        return word
    return word._replace(label=f"{word.label} {scope}")


def plain_label(label: str) -> str:
    """The label of a row without references and marks: 'SimpleBaseline† [51]' is 'SimpleBaseline'."""
    return _CITED.sub("", label).strip() or label


def split_name(split: str) -> str:
    """Readable name of a split; an unknown one is returned unchanged."""
    return SPLITS.get(split, split)


def number(value: float, digits: int = 4) -> str:
    """A number with a true minus sign and thin spaces between thousands: 3.14, −0.2, 12 500."""
    text = f"{value:,.{digits}f}" if abs(value) < 1e15 else f"{value:.{digits}e}"
    if "." in text and "e" not in text:
        text = text.rstrip("0").rstrip(".")
    return ("0" if text == "-0" else text).replace("-", "−").replace(",", "\u202f")


def fixed(value: float, decimals: int) -> str:
    """A number with a fixed number of decimals, for columns: 10.40, 10.22."""
    text = f"{value:,.{decimals}f}" if abs(value) < 1e15 else f"{value:.{decimals}e}"
    text = text.removeprefix("-") if float(text.replace(",", "")) == 0 else text
    return text.replace("-", "−").replace(",", "\u202f")


def signed(value: float, decimals: int) -> str:
    """A difference with its sign: +0.3, −1.2, 0.0."""
    text = f"{abs(value):.{decimals}f}"
    sign = "" if float(text) == 0 else "+" if value > 0 else "−"
    return sign + text


def plural(count: int, one: str, many: str | None = None) -> str:
    """'1 cell', '2 cells'."""
    return f"{number(count, 0)} {one if count == 1 else many or one + 's'}"


def counted(count: int, label: str) -> str:
    """'1 matches', '2 match', '3 differ, better', '4 untested'."""
    return f"{number(count, 0)} {agreeing(count, label)}"


def agreeing(count: int, label: str) -> str:
    """The label of a verdict after a number: 'matches' of one, 'match' of several."""
    verb, comma, rest = label.partition(",")
    plurals = {"matches": "match", "differs": "differ"} if count != 1 else {}
    return plurals.get(verb, verb) + comma + rest


def clean(value: Any) -> Any:
    """Text without characters that are invalid in HTML or reorder text; other values unchanged."""
    if type(value) is not str or (value.isascii() and value.isprintable()):
        return value
    return _INVALID.sub("\ufffd", value)
