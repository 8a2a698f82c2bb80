"""YAML whose mistakes are reported with file and line."""

from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import yaml
from pydantic import ValidationError

from bench.errors import CatalogError, DataError
from bench.files import read_bytes

MAX_TEXT = 2**24  # bytes of a file
MAX_DEPTH = 100
MAX_NODES = 2**20  # after every alias is replaced by what it stands for


class _Loader(yaml.CSafeLoader):
    """Safe YAML whose keys are words, each given once, and whose mistakes all have a line."""

    def construct_document(self, node: yaml.Node) -> Any:
        if _size(node, {}) > MAX_NODES:
            _mistake(node, f"its aliases stand for more than {MAX_NODES} values")
        return super().construct_document(node)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                _mistake(key, "a key must be a word, not a list or a mapping")
            if key.value in seen:
                _mistake(key, f"key '{key.value}' is given twice")
            seen.add(key.value)
        mapping = super().construct_mapping(node, deep)
        for key, _ in node.value:
            if not isinstance(self.construct_object(key), str):
                _mistake(key, f"key '{key.value}' is not a word; put it in quotes")
        return mapping

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        # PyYAML converts scalars with int(), date() and dictionaries, and lets their errors through
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError, OverflowError):
            kind = node.tag.rpartition(":")[2]
            _mistake(
                node, f"'{node.value}' is not a valid {kind}; put it in quotes if it is a word"
            )


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """How many values a node is with its aliases replaced; `known`: sizes by the identity of nodes, 0 of open ones."""
    if id(node) in known:
        if not known[id(node)]:
            _mistake(node, "an alias stands for something that contains it")
        return known[id(node)]
    known[id(node)] = 0
    parts: list[yaml.Node] = []
    if isinstance(node, yaml.MappingNode):
        parts = [part for pair in node.value for part in pair]
    elif isinstance(node, yaml.SequenceNode):
        parts = node.value
    known[id(node)] = 1 + sum(_size(part, known) for part in parts)
    return known[id(node)]


def _mistake(node: yaml.Node, problem: str) -> NoReturn:
    raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


def read_yaml(path: Path) -> Any:
    """Parse one YAML file; `CatalogError` with file and line where it is malformed."""
    try:
        text = read_bytes(path, MAX_TEXT).decode()
    except (DataError, UnicodeDecodeError) as error:
        raise CatalogError(f"{path}: cannot be read: {error}") from None
    try:
        _refuse_deep(path, text)
        return yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise CatalogError(f"{path}:{line}: {error.problem or 'not valid YAML'}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        sign = f"#x{error.character:04x}"
        raise CatalogError(
            f"{path}:{line}: character {sign} is not allowed: {error.reason}"
        ) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise CatalogError(f"{path}: not valid YAML: {error}") from None


def _refuse_deep(path: Path, text: str) -> None:
    """PyYAML's composer in C calls itself for every level, and ends the process when the stack is used up.

    A level needs a bracket or a column, so that files with few of both need not be looked at twice.
    """
    if text.count("[") + text.count("{") + max(map(len, text.splitlines()), default=0) < 4000:
        return
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise CatalogError(
                f"{path}:{line}: is nested too deeply to be read: more than {MAX_DEPTH} levels"
            )


def read_mapping(path: Path) -> dict[str, Any]:
    """Parse a YAML file that holds `key: value` lines. Raises `CatalogError`."""
    found = read_yaml(path)
    if not isinstance(found, dict):
        kind = "empty" if found is None else f"a {type(found).__name__}"
        raise CatalogError(f"{path}: is {kind}; expected `key: value` lines")
    return found


def line_of(path: Path, location: tuple[int | str, ...]) -> int:
    """Line of the entry that `location` names, or of its nearest parent."""
    node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    line = 1
    for step in location:
        if isinstance(node, yaml.MappingNode):
            found = [pair for pair in node.value if pair[0].value == str(step)]
            if not found:
                break
            line, node = found[0][0].start_mark.line + 1, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line


def mistakes(path: Path, error: ValidationError) -> Iterator[str]:
    """One line for each mistake in a file of one record or list: file, line, where, what is wrong, what arrived."""
    for item in error.errors(include_url=False):
        location = (*item["loc"], *item.get("ctx", {}).get("at", ()))
        where = " > ".join(map(str, location)) or "the file"
        got = item["input"]
        shown = f" (got {got!r})" if isinstance(got, str | int | float | bool) else ""
        message = item["msg"].removeprefix("Value error, ")
        yield f"{path}:{line_of(path, location)}: {where}: {message}{shown}"


def append_to(path: Path, number: int, key: str, entry: str) -> str:
    """The text of a file that holds a list of mappings, with `entry` added to a list in one of them.

    number: which mapping, from 0. key: the list in it, which need not exist yet. entry: YAML in flow style, on one
    line. Everything else, comments too, stays as it is. Writes nothing.
    """
    text = path.read_text(encoding="utf-8")
    mapping = yaml.compose(text, Loader=yaml.SafeLoader).value[number]  # type: ignore[union-attr]
    known = [value for name, value in mapping.value if name.value == key]
    if known and known[0].flow_style:
        separator = ", " if known[0].value else ""
        return _insert(text, known[0].end_mark.index - 1, separator + entry)
    if mapping.flow_style:
        return _insert(text, mapping.end_mark.index - 1, f", {key}: [{entry}]")
    indent = " " * mapping.start_mark.column
    if known:
        indent = " " * known[0].start_mark.column
        return _insert_line(text, known[0].end_mark.line, f"{indent}- {entry}")
    return _insert_line(text, mapping.end_mark.line, f"{indent}{key}:\n{indent}  - {entry}")


def _insert(text: str, place: int, new: str) -> str:
    return text[:place] + new + text[place:]


def _insert_line(text: str, number: int, new: str) -> str:
    """`new` as lines of its own before line `number` (from 0), above blank lines and comments that stand there."""
    lines = text.splitlines()
    number = min(number, len(lines)) if text.endswith("\n") else len(lines)
    while number and (not lines[number - 1].strip() or lines[number - 1].lstrip().startswith("#")):
        number -= 1
    return "\n".join([*lines[:number], new, *lines[number:]]) + "\n"
