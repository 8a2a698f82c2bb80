"""The words of the site: one symbol, one label and one meaning for every verdict and evidence."""

from collections.abc import Mapping
from typing import NamedTuple


class Word(NamedTuple):
    """How a judgement is shown: never by colour alone."""

    key: str
    symbol: str
    label: str
    meaning: str


def _words(*rows: tuple[str, str, str, str]) -> dict[str, Word]:
    return {row[0]: Word(*row) for row in rows}


VERDICTS: Mapping[str, Word] = _words(
    (
        "reproduced",
        "✓",
        "reproduced",
        "agrees with the printed figure within its rounding or noise",
    ),
    ("better", "▲", "better", "clearly better here than printed"),
    ("deviates", "✗", "deviates", "clearly worse or different from the printed figure"),
    ("inconclusive", "≈", "inconclusive", "measured, but the noise is too large to decide"),
    ("not-comparable", "∦", "not comparable", "measured under another protocol than the paper's"),
    ("stale", "↻", "stale", "what the result was made from has changed since"),
    ("failed", "!", "failed", "the measurement was started and did not finish"),
    ("not-run", "○", "not run", "nothing has been measured yet"),
    ("quoted", "❝", "quoted", "the paper quotes this figure from elsewhere"),
)
#: Cells that carry no judgement, and what stands in their place.
SILENT: Mapping[str, Word] = _words(
    ("setting", "", "setting", "a setting of the experiment, not a measurement"),
    ("empty", "–", "not printed", "the paper leaves this cell empty"),
    ("unjudged", "?", "not judged", "the snapshot is older than this cell; judge again"),
)
EVIDENCE: Mapping[str, Word] = _words(
    ("counted", "#", "counted", "counted exactly on the full-size model; needs no data"),
    ("timed", "◷", "timed", "timed on the machine that is named"),
    ("smoke", "·", "smoke", "a minute of training on synthetic people; judges order only"),
    ("lab", "⚗", "lab", "GPU training on synthetic people, several seeds; judges order only"),
    ("released-weights", "⇩", "released weights", "the authors' own checkpoint, evaluated here"),
    ("full-1", "①", "one full training", "one training on the real data, the paper's schedule"),
    ("full-3", "③", "three full trainings", "at least three seeds on the real data"),
    (
        "submitted",
        "✉",
        "submitted",
        "a stranger's predictions, evaluated here; the network was not run",
    ),
    ("paper", "¶", "paper", "the numbers as the paper prints them"),
    ("mixed", "±", "mixed", "cells with different kinds of evidence behind them"),
)
ORIGINS: Mapping[str, str] = {
    "own": "the paper's own",
    "rerun": "re-run by the authors",
    "quoted": "quoted from elsewhere",
}
HOLDS: Mapping[str, Word] = _words(
    ("holds", "✓", "holds", "the numbers support the sentence"),
    ("fails", "✗", "fails", "the numbers contradict the sentence"),
    ("inconclusive", "≈", "inconclusive", "the noise is too large to decide"),
    ("open", "○", "open", "not all cells it needs have been measured"),
)
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


def split_name(split: str) -> str:
    """Readable name of a split; unknown ones as they are."""
    return SPLITS.get(split, split)


def number(value: float, digits: int = 4) -> str:
    """A number with a true minus sign and thin spaces between thousands: 3.14, −0.2, 12 500."""
    text = f"{value:,.{digits}f}" if abs(value) < 1e15 else f"{value:.{digits}e}"
    if "." in text and "e" not in text:
        text = text.rstrip("0").rstrip(".")
    return ("0" if text == "-0" else text).replace("-", "−").replace(",", "\u202f")


def fixed(value: float, decimals: int) -> str:
    """A number as `number` writes it, with all its decimals: 10.40 below 10.22 in a column."""
    text = f"{value:,.{decimals}f}" if abs(value) < 1e15 else f"{value:.{decimals}e}"
    text = text.removeprefix("-") if float(text.replace(",", "")) == 0 else text
    return text.replace("-", "−").replace(",", "\u202f")


def signed(value: float, decimals: int) -> str:
    """A difference with its sign: +0.3, −1.2, ±0.0."""
    text = f"{abs(value):.{decimals}f}"
    sign = "±" if float(text) == 0 else "+" if value > 0 else "−"
    return sign + text


def plural(count: int, one: str, many: str | None = None) -> str:
    """'1 cell', '2 cells'."""
    return f"{number(count, 0)} {one if count == 1 else many or one + 's'}"
