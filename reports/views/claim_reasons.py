"""Why a claim holds or does not, as a sentence with the rows and the numbers that decide.

'The highest, Hourglass 90.9, is above LightPose-R50 89.5' and not 'min([4/lightpose-*/pckh]) > max(...)'.
"""

import ast
import math
from collections.abc import Mapping, Sequence

from bench.catalog.cells import Cell
from bench.catalog.load import Catalog
from bench.judge.claims.arithmetic import Evaluation, less
from bench.judge.claims.expressions import Resolved
from bench.judge.intervals import Interval
from bench.judge.records import ClaimJudgement
from reports.views.table import UNNAMED
from reports.views.urls import table_page
from reports.views.words import number, plain_label, plural

TOO_CLOSE = "is too close to call against"
MOST = 2  # parts of a claim that are said in full
#: Judgement -> whether the numbers must satisfy the claim; the others decide nothing.
DECIDED: Mapping[str, bool] = {
    **dict.fromkeys(("holds", "within-rounding", "supports"), True),
    **dict.fromkeys(("fails", "contradicts", "not-on-this-machine"), False),
}
_OF_MANY = {"mean": "mean", "sum": "sum", "spread": "range", "count": "number"}
_SIGNS = {ast.Add: "+", ast.Sub: "−", ast.Mult: "×", ast.Div: "/"}
#: Comparison -> (in words where it holds, where it does not).
_RELATIONS: Mapping[type[ast.cmpop], tuple[str, str]] = {
    ast.Gt: ("is above", "is not above"),
    ast.GtE: ("is at least", "is below"),
    ast.Lt: ("is below", "is not below"),
    ast.LtE: ("is at most", "is above"),
    ast.Eq: ("equals", "does not equal"),
}


def tables_of(resolved: Resolved) -> dict[str, str]:
    """The tables that a claim is about: 'Table 2' -> page."""
    cells = resolved.cells.values()
    return {f"Table {c.table.table}": table_page(f"{c.paper}-{c.table.table}") for c in cells}


class Reason:
    """Says why, on given numbers."""

    def __init__(
        self,
        resolved: Resolved,
        catalog: Catalog,
        numbers: Mapping[str, float],
        shown: Mapping[str, str],
        printed: bool,
    ) -> None:
        """numbers: the value of every cell, by address; shown: the same as text. printed: on the paper's numbers."""
        self.resolved, self.catalog, self.shown = resolved, catalog, shown
        cells = list(resolved.cells.values())
        self.tables = len({(cell.paper, cell.table.table) for cell in cells}) > 1
        self.columns = len({cell.column.key for cell in cells}) > 1
        values = {name: Interval.point(value) for name, value in numbers.items()}
        if printed:
            values = {name: Interval.printed(cell.number) for name, cell in resolved.cells.items()}
        self.on = Evaluation(resolved, values, numbers, printed=printed)

    def sentence(self) -> str:
        """Of a comparison what decides it; of a number how it comes about."""
        tree, truth = self.resolved.expression.tree, self.resolved.expression.kind == "truth"
        text = self._truth(tree) if truth else self._number(tree)
        metric = "" if self.columns else self._metric(next(iter(self.resolved.cells.values())))
        return f"{text[:1].upper()}{text[1:].rstrip(',')}{metric and f' ({metric})'}"

    def agrees(self, judged: ClaimJudgement) -> bool:
        """Whether these numbers as they are give the judgement; not where it rests on more than they say.

        A comparison is said only of what is decided: the numbers alone always compare in one way or the other.
        """
        tree = self.resolved.expression.tree
        if self.resolved.expression.kind == "truth":
            return judged.holds in DECIDED and self.on.truth(tree) is DECIDED[judged.holds]
        return judged.value is not None and math.isclose(self.on.best(tree), judged.value)

    # ------------------------------------------------------------ comparisons

    def _truth(self, node: ast.expr) -> str:
        match node:
            case ast.BoolOp(op=op, values=parts):
                return self._parts(parts, self.on.truth(node), isinstance(op, ast.And))
            case ast.UnaryOp(operand=inner):
                return self._truth(inner)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self._compared(left, op, right)
            case ast.Compare(left=left, ops=ops, comparators=rest):
                sides = zip([left, *rest[:-1]], ops, rest, strict=True)
                pairs = [ast.Compare(a, [op], [b]) for a, op, b in sides]
                return self._parts(pairs, self.on.truth(node), True)
            case ast.Call() if not self.on.pairs(node):
                return "the list has a single cell, which compares nothing"
            case ast.Call(func=ast.Name(id="best"), args=[chosen, _]):
                return self._best(node, chosen)
            case ast.Call():
                return self._ordered(node)
        raise TypeError(ast.dump(node))

    def _parts(self, parts: Sequence[ast.expr], truth: bool | None, all_of: bool) -> str:
        """The parts that decide: of 'and' those that fail, of 'or' those that hold."""
        decisive = [part for part in parts if self.on.truth(part) is truth] or parts
        every = len(decisive) == len(parts) and truth is not (not all_of)
        said = "; ".join(self._truth(part) for part in decisive[:MOST])
        return said + _more(len(decisive) - MOST, alike=every)

    def _compared(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> str:
        truth = self.on.compare(left, op, right)
        holds, fails = _RELATIONS[type(op)]
        words = fails if truth is False else holds if truth else TOO_CLOSE
        if truth and isinstance(op, ast.Eq) and not math.isclose(*map(self.on.best, (left, right))):
            words = "agrees within rounding with"  # 11.3 and 11.34
        return f"{self._number(left)} {words} {self._number(right)}"

    def _best(self, node: ast.expr, chosen: ast.expr) -> str:
        """The next best where it holds, and every equal one; else the best of those above it, or too close to it."""
        (cell,) = self.on.cells(chosen)
        pairs, truth = self.on.pairs(node), self.on.truth(node)
        higher = pairs[0][0] == cell
        word, above, pick = ("highest", "above", max) if higher else ("lowest", "below", min)
        deciding = [pair for pair in pairs if self.on.not_below(*pair) is truth]
        others = [two if one == cell else one for one, two in deciding]
        rival = self._cell(pick(others, key=lambda name: self.on.central[name]))
        if truth is None:
            return f"{self._cell(cell)} {TOO_CLOSE} {rival}"
        if truth is False:
            return f"{self._cell(cell)} is not the {word}: {rival}"
        if equal := [name for name in others if self._alike(name, cell)]:
            same = " and ".join(map(self._cell, equal[:MOST]))
            more = f" and {len(equal) - MOST} more" if len(equal) > MOST else ""
            verb = "is" if len(equal) == 1 else "are"
            return f"no other is {above} {self._cell(cell)}, and {same}{more} {verb} equal"
        return f"{self._cell(cell)} is the {word}, before {rival}"

    def _alike(self, one: str, two: str) -> bool:
        return math.isclose(self.on.central[one], self.on.central[two])

    def _ordered(self, node: ast.expr) -> str:
        """Of 'rising' and 'falling' the first step that decides, and how many do."""
        pairs, truth = self.on.pairs(node), self.on.truth(node)
        steps = [(a, b) for a, b in pairs if less(self.on.values[b], self.on.values[a]) is truth]
        words = {True: "is above", False: "is not above", None: TOO_CLOSE}
        said = f"{self._cell(steps[0][0])} {words[truth]} {self._cell(steps[0][1])}"
        if truth:
            return said + _more(len(steps) - 1, " steps", alike=True)
        one, many = ("goes", "go") if truth is False else ("is", "are")
        end = "against it" if truth is False else "undecided"
        verb = one if len(steps) == 1 else many
        return f"{said}; {len(steps)} of {plural(len(pairs), 'step')} {verb} {end}"

    # ------------------------------------------------------------ numbers

    def _number(self, node: ast.expr, inner: bool = False) -> str:
        """A number with the rows that it comes from. inner: of a longer sum, which says its value itself."""
        match node:
            case ast.Constant(value=value):
                return number(float(str(value)))
            case ast.Name():
                return self._cell(self.on.cells(node)[0])
            case ast.Call(func=ast.Name(id="min" | "max" as name), args=args):
                return self._extreme(name, args)
            case ast.Call(func=ast.Name(id="percent_less" | "percent_more" as name), args=[a, b]):
                how = name.removeprefix("percent_")
                return f"{self._number(a)} is {self._value(node)} % {how} than {self._number(b)}"
            case ast.Call(func=ast.Name(id="times"), args=[a, b]):
                return f"{self._number(a)} is {self._value(node)} times {self._number(b)}"
            case ast.BinOp(left=left, op=op, right=right):
                sides = self._number(left, inner=True), self._number(right, inner=True)
                text = f" {_SIGNS[type(op)]} ".join(sides)
                return text if inner else f"{text} = {self._value(node)}"
            case ast.Call(func=ast.Name(id="abs"), args=[inside]):
                return f"|{self._number(inside, inner=True)}| = {self._value(node)}"
            case ast.Call(func=ast.Name(id="argmax" | "argmin" as name), args=args):
                place = self._extreme(name.removeprefix("arg"), args)
                return f"the place of {place}, no. {self._value(node)},"
            case ast.Call(func=ast.Name(id=name)) if name in _OF_MANY:
                rows = len(self.resolved.names_in(node))
                return f"the {_OF_MANY[name]} of {rows} values, {self._value(node)},"
        return self._value(node)

    def _extreme(self, name: str, args: list[ast.expr]) -> str:
        word, pick = {"max": ("highest", max), "min": ("lowest", min)}[name]
        if len(args) == 1:
            cells = self.on.cells(args[0])
            found = pick(cells, key=lambda cell: self.on.central[cell])
            return f"the {word} of {len(cells)}, {self._cell(found)}"
        text = self._number(pick(args, key=self.on.best))
        inner, _, rest = text.partition(", ")
        if inner.startswith(f"the {word} of "):  # the lowest of several lowest is that of all
            every = len({cell for arg in args for cell in self.resolved.names_in(arg)})
            return f"the {word} of {every}, {rest}"
        return f"the {word} of {len(args)}, {text}"

    def _value(self, node: ast.expr) -> str:
        return number(self.on.best(node), 2 if abs(self.on.best(node)) < 1000 else 0)

    def _cell(self, name: str) -> str:
        cell = self.resolved.cells[name]
        column = f" {self._metric(cell)}" if self.columns else ""
        table = f" (Table {cell.table.table})" if self.tables else ""
        return f"{label(cell, self.catalog)}{table}{column} {self.shown[name]}"

    @staticmethod
    def _metric(cell: Cell) -> str:
        return cell.column.label


def _more(count: int, what: str = "", *, alike: bool) -> str:
    """'; and 4 more steps, all alike'; empty for none."""
    if count <= 0:
        return ""
    same = (", alike" if count == 1 else ", all alike") if alike else ""
    return f"; and {count} more{what if count > 1 else what.removesuffix('s')}{same}"


def label(cell: Cell, catalog: Catalog) -> str:
    """The row as printed, without references; the method or the key of the row where that names no single one."""
    text = plain_label(cell.row.label)
    alone = sum(plain_label(row.label) == text for row in cell.table.rows) == 1
    if alone and sum(letter.isalpha() for letter in text) > 1 and text not in UNNAMED:
        return text
    rows = catalog.rows[f"{cell.paper}-{cell.table.table}"].values()
    methods = [method.name for row in rows if (method := catalog.method(row[0]))]
    own = catalog.method(cell)
    if own and methods.count(own.name) == 1:
        return own.name
    return text if text.strip("()") == cell.row.key else f"{text} ({cell.row.key})"


def with_labels(text: str, resolved: Resolved, catalog: Catalog) -> str:
    """A reason of the judge with rows in place of addresses: 'not measured: TransPose-H-A6 ...'."""
    columns = len({cell.column.key for cell in resolved.cells.values()})
    for name in sorted(resolved.cells, key=len, reverse=True):
        cell = resolved.cells[name]
        metric = f"{cell.column.label} of " if columns > 1 else ""
        text = text.replace(name, metric + label(cell, catalog))
    return text
