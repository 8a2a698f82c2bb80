"""The language of claims: arithmetic, comparisons and a few functions over cells in brackets.

`parse` reads the text with Python's own parser, allows a short list of node types and checks the arguments of every
function; nothing is ever evaluated as Python. `resolve` finds the cells. `bench.judge.claims.arithmetic` computes on
intervals: a printed 75.8 is [75.75, 75.85], a measured value is a point or what its uncertainty allows.
"""

import ast
import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache, partial
from typing import Any, Literal, NamedTuple

from bench.catalog.cells import Cell
from bench.catalog.load import Catalog
from bench.errors import CatalogError

Kind = Literal["number", "list", "cell", "truth"]
LONGEST = 1000

# What each function takes and gives. "numbers" is one list, or two or more numbers.
FUNCTIONS: Mapping[str, tuple[tuple[str, ...], Kind]] = {
    **dict.fromkeys(("min", "max", "mean", "sum", "count"), (("numbers",), "number")),
    "abs": (("number",), "number"),
    "argmax": (("list",), "number"),
    "argmin": (("list",), "number"),
    "spread": (("list",), "number"),
    "percent_less": (("number", "number"), "number"),
    "percent_more": (("number", "number"), "number"),
    "times": (("number", "number"), "number"),
    "others": (("list", "cell"), "list"),
    "best": (("cell", "list"), "truth"),
    "rising": (("list",), "truth"),
    "falling": (("list",), "truth"),
}
_REFERENCE = re.compile(r"\[([^\[\]]*)\]")
_ADDRESS = re.compile(r"(?:([a-z0-9-]+):)?([^/:]+)/([^/:]+)/([^/:]+)")


class Reference(NamedTuple):
    """A cell reference in brackets, and its position (0-based column of the bracket)."""

    paper: str | None
    table: str
    row: str
    column: str
    position: int
    text: str

    @property
    def is_list(self) -> bool:
        return "*" in self.row or "*" in self.column


@dataclass(frozen=True)
class Expression:
    """A parsed claim: the tree, its references by placeholder name, and the kind of its value."""

    text: str
    tree: ast.expr
    references: dict[str, Reference]
    kind: Kind


def parse(text: str) -> Expression:
    """Parse one expression. Raises `CatalogError` with the position and what is allowed there."""
    if len(text) > LONGEST:
        raise CatalogError(
            f"expression of {len(text)} characters; the longest allowed is {LONGEST}"
        )
    references: dict[str, Reference] = {}

    def placeholder(found: re.Match[str]) -> str:
        address = _ADDRESS.fullmatch(found[1].strip())
        if not address:
            raise _error(
                text,
                found.start(),
                f"{found[0]} is not [table/row/column] or [paper:table/row/column]",
            )
        name = f"_{len(references)}".ljust(len(found[0]), "_")
        paper, table, row, column = address.groups()
        references[name] = Reference(paper, table, row, column, found.start(), found[0])
        return name

    plain = _REFERENCE.sub(lambda found: " " * len(found[0]), text)
    if stray := re.compile(r"[^\w\s+\-*/()<>=.,!]|(?<!\w)_", re.ASCII).search(plain):
        raise _error(text, stray.start(), f"{stray[0]!r} has no meaning here")
    source = _REFERENCE.sub(placeholder, text).replace("\n", " ").replace("\t", " ")
    lead = len(source) - len(source.lstrip())
    try:
        tree = ast.parse(source.strip(), mode="eval").body
        kind = _Checker(text, lead, references).kind(tree)
    except SyntaxError as error:
        place = lead + error.offset - 1 if error.offset else len(text)
        raise _error(text, place, error.msg) from None
    except (RecursionError, MemoryError, ValueError, OverflowError):
        raise CatalogError(
            f"'{text[:60]}...' is nested too deeply or holds an impossible number"
        ) from None
    if kind not in ("number", "truth", "cell"):
        raise _error(text, 0, "a claim is a number or a comparison, not a list")
    return Expression(text, tree, references, kind)


def _error(text: str, position: int, problem: str) -> CatalogError:
    place = min(max(position, 0), len(text))
    shown = text if len(text) <= 90 else f"{text[:40]}...{text[-40:]}"
    return CatalogError(f"'{shown}', character {place + 1}: {problem}")


class _Checker:
    """Checks that a tree consists of allowed nodes, and finds what each gives."""

    def __init__(self, text: str, lead: int, references: Mapping[str, Reference]) -> None:
        self.text, self.lead, self.references = text, lead, references

    def kind(self, node: ast.expr) -> Kind:
        match node:
            case ast.Name(id=name) if name in self.references:
                return "list" if self.references[name].is_list else "cell"
            case ast.Name(id=name):
                raise self.error(
                    node,
                    f"unknown name '{name}'; cells are in brackets; functions: {_names(name)}",
                )
            case ast.Constant(value=bool() | complex() | str() | bytes() | None):
                raise self.error(node, "only numbers are allowed here")
            case ast.Constant(value=int() | float() as value):
                if abs(float(value)) > 1e15:
                    raise self.error(node, f"{value} is too large a number")
                return "number"
            case ast.UnaryOp(op=ast.UAdd() | ast.USub(), operand=inner):
                return self.need(inner, "number")
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                return self.need(inner, "truth")
            case ast.BinOp(
                left=left, op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div(), right=right
            ):
                self.need(left, "number")
                return self.need(right, "number")
            case ast.BoolOp(values=parts):
                for part in parts:
                    self.need(part, "truth")
                return "truth"
            case ast.Compare(left=left, ops=ops, comparators=rest):
                for op in ops:
                    if not isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE | ast.Eq):
                        raise self.error(node, "compare with < <= > >= ==")
                for part in (left, *rest):
                    self.need(part, "number")
                return "truth"
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                return self.call(node, name, args)
            case _:
                raise self.error(
                    node,
                    f"{type(node).__name__} is not part of the language: + - * / comparisons and or not, {_names()}",
                )

    def call(self, node: ast.Call, name: str, args: list[ast.expr]) -> Kind:
        if name not in FUNCTIONS:
            raise self.error(node, f"unknown function '{name}'; allowed are {_names(name)}")
        takes, gives = FUNCTIONS[name]
        if takes == ("numbers",):
            if len(args) == 1:
                self.need(args[0], "list")
            elif not args:
                raise self.error(node, f"{name} takes a list, or two or more numbers")
            for part in args if len(args) > 1 else ():
                self.need(part, "number")
            return gives
        if len(args) != len(takes):
            raise self.error(
                node, f"{name} takes {len(takes)} argument(s): {', '.join(takes)}; got {len(args)}"
            )
        for part, wanted in zip(args, takes, strict=True):
            self.need(part, wanted)
        return gives

    def need(self, node: ast.expr, wanted: str) -> Kind:
        found = self.kind(node)
        if found != wanted and not (wanted == "number" and found == "cell"):
            hint = "; a list is a reference with a * in it" if wanted == "list" else ""
            raise self.error(node, f"expected a {wanted}, found a {found}{hint}")
        return "truth" if wanted == "truth" else "number"

    def error(self, node: ast.expr, problem: str) -> CatalogError:
        return _error(self.text, self.lead + node.col_offset, problem)


def _names(near: str = "") -> str:
    close = difflib.get_close_matches(near, FUNCTIONS, n=3) if near else []
    return ", ".join(close or FUNCTIONS)


def replaced(node: Any, old: ast.expr, new: ast.expr) -> Any:
    """A copy of the tree in which one node is another."""
    if node is old:
        return new
    if isinstance(node, list):
        return [replaced(one, old, new) for one in node]
    if isinstance(node, ast.AST):
        fields = ast.iter_fields(node)
        return type(node)(**{name: replaced(field, old, new) for name, field in fields})
    return node


# ---------------------------------------------------------------- cells


class Resolved(NamedTuple):
    """An expression with its cells, by address (`Cell.name`)."""

    expression: Expression
    names: dict[str, tuple[str, ...]]
    cells: dict[str, Cell]

    def names_in(self, node: ast.AST) -> list[str]:
        """Addresses of all cells below `node`, in order, as often as they occur."""
        return [cell for name in _identifiers(node) for cell in self.names.get(name, ())]

    def listed(self, node: ast.expr) -> tuple[str, ...]:
        """The cells of a reference, or of `others(list, cell)`."""
        match node:
            case ast.Name(id=name):
                return self.names[name]
            case ast.Call(func=ast.Name(id="others"), args=[among, without]):
                left_out = self.listed(without)
                return tuple(c for c in self.listed(among) if c not in left_out)
        raise TypeError(f"{ast.dump(node)} is not a list")

    def behind(self, node: ast.AST) -> set[str]:
        """The cells that the value of `node` depends on: those below it without what `others` leaves out."""
        match node:
            case ast.Name(id=name):
                return {*self.names.get(name, ())}
            case ast.Call(func=ast.Name(id="others")):
                return {*self.listed(node)}
        return {cell for below in ast.iter_child_nodes(node) for cell in self.behind(below)}


@lru_cache(maxsize=1024)  # a claim asks for the names of its nodes again and again
def _identifiers(node: ast.AST) -> tuple[str, ...]:
    return tuple(n.id for n in ast.walk(node) if isinstance(n, ast.Name))


def resolve(expression: Expression, catalog: Catalog, paper: str) -> Resolved:
    """Find every cell. Raises `CatalogError` with similar names for a cell that does not exist."""
    found: dict[str, tuple[str, ...]] = {}
    known: dict[str, Cell] = {}
    for name, reference in expression.references.items():
        named = partial(_named, expression, reference)
        [owner] = named("paper", reference.paper or paper, catalog.papers)
        tables = {t.table: t for t in catalog.papers[owner].tables}
        [number] = named("table", reference.table, tables)
        rows = named("row", reference.row, [r.key for r in tables[number].rows])
        columns = named("column", reference.column, [c.key for c in tables[number].columns])
        cells = [catalog.cell_index[owner, number, r, c] for r in rows for c in columns]
        numbered = {cell.name: cell for cell in cells if cell.number is not None}
        if not numbered:
            only = f"holds no number (printed '{cells[0].printed}')"
            what = only if len(cells) == 1 else "finds no number"
            raise _error(expression.text, reference.position, f"{reference.text} {what}")
        found[name] = tuple(numbered)
        known.update(numbered)
    return Resolved(expression, found, known)


def _named(
    expression: Expression, reference: Reference, kind: str, name: str, known: Collection[str]
) -> list[str]:
    """Those of the known names that part of a reference means; in rows and columns `*` stands for any characters."""
    pattern = name.replace("[", "[[]").replace("?", "[?]")
    if kind in ("paper", "table"):
        pattern = pattern.replace("*", "[*]")
    if found := [one for one in known if fnmatchcase(one, pattern)]:
        return found
    near = difflib.get_close_matches(name, list(known), n=5, cutoff=0.4) or list(known)[:12]
    problem = f"{reference.text}: no {kind} '{name}'; there are {', '.join(near)}"
    raise _error(expression.text, reference.position, problem)
