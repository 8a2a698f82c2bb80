"""Printed values that differ from what was measured, largest first; one number printed in several tables is one."""

from collections.abc import Iterable
from dataclasses import dataclass

from bench.catalog.load import Catalog
from bench.judge.records import Explanation
from reports.views.cell import CellView
from reports.views.words import CAUSES, Word, number, signed

SIZES = {
    "large": "by more than 2 %",
    "small": "by up to 2 %",
    "last-digit": "in the last digit",
}
#: How a value was found, as a verb.
FOUND = {"count": "counted", "speed": "timed"}


@dataclass(frozen=True)
class Difference:
    """One printed number of one method, and where it is printed."""

    name: str
    what: str
    explanation: Explanation
    cells: tuple[CellView, ...]

    @property
    def first(self) -> CellView:
        return self.cells[0]

    @property
    def relative(self) -> float:
        """In percent of the printed number, with its sign."""
        verdict, printed = self.first.verdict, self.first.cell.number
        value = verdict.value if verdict else None
        if value is None or printed is None or not printed.value:
            return 0.0
        return 100.0 * (value - printed.value) / printed.value

    @property
    def off(self) -> str:
        """'−55 %', '+0.3 %'."""
        return f"{signed(self.relative, 0 if abs(self.relative) >= 10 else 1)} %"

    @property
    def cause(self) -> Word:
        return CAUSES[self.explanation.cause]

    @property
    def exact(self) -> str:
        """The measured value with two more digits than are printed."""
        verdict, printed = self.first.verdict, self.first.cell.number
        if verdict is None or verdict.value is None:
            return ""
        return number(verdict.value, max(printed.decimals if printed else 0, 0) + 2)

    @property
    def quoted(self) -> bool:
        return all(view.cell.origin == "quoted" for view in self.cells)

    @property
    def sentence(self) -> str:
        """'FLOPs of SimpleBaseline-R152: 35.3G printed, 15.8 counted here'."""
        here = f"{self.first.here} {FOUND.get(self.first.kind, 'measured')} here"
        return f"{self.what} of {self.name}: {self.first.cell.printed} printed, {here}"


def differences(
    views: Iterable[CellView], catalog: Catalog, verdicts: Iterable[str]
) -> list[Difference]:
    """Explained values with one of these verdicts, largest first, equal ones together."""
    found: dict[tuple[object, ...], list[CellView]] = {}
    wanted = set(verdicts)
    for view in views:
        if view.verdict and view.verdict.explanation and view.word.key in wanted:
            method, cell = catalog.method(view.cell), view.cell
            name = method.name if method else cell.row.label
            key = (name, cell.metric, cell.number, view.model, view.verdict.explanation.cause)
            found.setdefault(key, []).append(view)
    every = [_difference(str(key[0]), tuple(same)) for key, same in found.items()]
    return sorted(every, key=lambda one: (-abs(one.relative), one.first.cell.name))


def _difference(name: str, cells: tuple[CellView, ...]) -> Difference:
    cell, verdict = cells[0].cell, cells[0].verdict
    if verdict is None or verdict.explanation is None:
        raise ValueError(f"{cell.name} has no explanation")
    labels = {"params": "Parameters", "flops": "FLOPs", "fps": "FPS", "latency": "Latency"}
    what = labels.get(cell.metric or "", cell.metric or cell.column.label)
    return Difference(name, what, verdict.explanation, cells)
