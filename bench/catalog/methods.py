"""The identity of methods: which printed rows, of which papers, are one method (`bench/papers/methods.yaml`).

A row's method is the one that it names (`method` in tables.yaml), else the owner of its run's zoo model, else the owner
of its label and printed backbone. The input size is a second part of the identity: it comes from the row's protocol.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path

from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from bench.catalog.cells import row_protocol, sizes_of
from bench.catalog.schema import Paper, Row, Slug, Strict, Table, Text
from bench.catalog.yaml_lines import line_of, mistakes, read_yaml
from bench.errors import CatalogError

_REFERENCE = re.compile(r"\[[^\]]*\]|\(ours\)", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s\-‐–_.,]+")
Owners = dict[str, list[str]]  # name -> keys of the methods that claim it; one, if all is well


class Method(Strict):
    """One method: its name, what of its settings belongs to it, and how tables print it."""

    name: Text
    backbone: Text | None = None
    input_size: Text | None = Field(None, description="height x width, if it has only one")
    models: tuple[Slug, ...] = Field((), description="zoo models, of every input size and data set")
    aliases: tuple[Text, ...] = Field((), description="'label', or 'label | printed backbone'")
    variant_of: Slug | None = Field(None, description="the method of which this is a variant")


class Methods(Strict):
    """All methods, and the rows that show none."""

    methods: dict[Slug, Method] = Field({}, description="by key")
    none: dict[Text, Text] = Field({}, description="'table/row' pattern -> reason")

    @model_validator(mode="after")
    def _unambiguous(self) -> "Methods":
        for key, method in self.methods.items():
            if method.variant_of is not None and method.variant_of not in self.methods:
                raise _mistake(key, f"'{key}' is a variant of unknown '{method.variant_of}'")
        for kind, owners in (("alias", self._names), ("model", self._models)):
            for name, keys in owners.items():
                if len(keys) > 1:
                    raise _mistake(
                        keys[1], f"{kind} '{name}' of '{keys[1]}' is also of '{keys[0]}'"
                    )
        names = [method.name for method in self.methods.values()]
        for key, method in self.methods.items():
            if names.count(method.name) > 1:
                raise _mistake(key, f"name '{method.name}' is given to two methods")
        return self

    @cached_property
    def _names(self) -> Owners:
        return _owners((k, (normalised(a) for a in m.aliases)) for k, m in self.methods.items())

    @cached_property
    def _models(self) -> Owners:
        return _owners((key, method.models) for key, method in self.methods.items())

    def key_of(self, table: Table, row: Row, model: str | None) -> str | None:
        """The method of a row, if it is known; model: the zoo model of its run, if it has one."""
        if row.method:
            return row.method
        named = self._names.get(printed_name(table, row))
        return self.of_model(model or "") or (named[0] if named else None)

    def of_model(self, model: str) -> str | None:
        """The method of a zoo model, if it is known."""
        owners = self._models.get(model)
        return owners[0] if owners else None

    def reason_for_none(self, table: str, row: str) -> str | None:
        """Why a row shows no method: table 'lightpose-1', row key; None if it is expected to show one."""
        return next((why for p, why in self.none.items() if fnmatchcase(f"{table}/{row}", p)), None)


def _owners(named: Iterable[tuple[str, Iterable[str]]]) -> Owners:
    found: Owners = defaultdict(list)
    for key, names in named:
        for name in names:
            found[name].append(key)
    return found


def _mistake(key: str, problem: str) -> PydanticCustomError:
    return PydanticCustomError("method", "{problem}", {"problem": problem, "at": ("methods", key)})


def normalised(text: str) -> str:
    """A label without reference numbers, case, spaces, hyphens, commas, full stops: 'HRNet-W48 [51]' -> 'hrnetw48'."""
    return _SEPARATORS.sub("", _REFERENCE.sub("", text).casefold()).replace("×", "x")


def printed_backbone(table: Table, row: Row) -> str:
    """What a column for the backbone prints; empty if there is none, or a dash in it."""
    for column, text in zip(table.columns, row.cells, strict=True):
        if column.metric is None and column.key.startswith("back"):
            return "" if text == "-" else text
    return ""


def printed_name(table: Table, row: Row) -> str:
    """Label and printed backbone, normalised: what aliases are compared with."""
    backbone = printed_backbone(table, row)
    return normalised(f"{row.label} | {backbone}" if backbone else row.label)


def load_methods(paths: Iterable[Path]) -> Methods:
    """Read methods.yaml files, of which some may not exist. Raises `CatalogError` with one line per mistake."""
    merged = Methods()
    for path in (one for one in paths if one.is_file()):
        try:
            more = Methods.model_validate(read_yaml(path) or {})
            if both := sorted({*merged.methods} & {*more.methods}):
                raise CatalogError(f"{path}: method '{both[0]}' is also in another methods.yaml")
            methods, none = {**merged.methods, **more.methods}, {**merged.none, **more.none}
            merged = Methods.model_validate({"methods": methods, "none": none})
        except ValidationError as error:
            raise CatalogError("\n".join(mistakes(path, error))) from None
    return merged


def wrong_methods(methods: Methods, paper: Paper, path: Path) -> Iterator[str]:
    """One line for each row of a tables.yaml that names an unknown method, or prints a size that its method lacks."""
    for number, table in enumerate(paper.tables):
        for position, row in enumerate(table.rows):
            model = paper.runs[row.run].config if row.run in paper.runs else None
            key = methods.key_of(table, row, model)
            problem = ""
            if key and key not in methods.methods:
                problem = (
                    f"names unknown method '{key}'; add it to methods.yaml or correct the name"
                )
            elif key and (only := methods.methods[key].input_size):
                size = sizes_of(row_protocol(table, row).get("input_size", ""))
                if size and size != sizes_of(only):
                    problem = f"prints {size[1]}x{size[0]}, but method '{key}' has only {only}; name another method"
            if problem:
                line = line_of(path, (number, "rows", position))
                yield f"{path}:{line}: table {table.table}, row '{row.key}' {problem}"
