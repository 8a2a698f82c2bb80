"""Whatever a reader gets, it reads it or says what is wrong: random bytes, edited files, invented values."""

import contextlib
import io
import json
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.catalog.load import load_paper
from bench.datasets.annotations import annotations_of
from bench.errors import ReproPoseError
from bench.evaluate.model_card import read_card
from bench.evaluate.predictions import read_predictions
from bench.fetch.unpack import unpack
from bench.files import parse_json
from bench.judge.claims.expressions import parse
from bench.results.store import Store
from tests.bench.inputs.good import CARD
from tests.bench.inputs.table import FILES, FIXTURES, TRUTH

quick = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    derandomize=True,
)
WORDS = [
    "and",
    "or",
    "not",
    "<",
    ">",
    "==",
    "~",
    "+",
    "-",
    "*",
    "/",
    "(",
    ")",
    ",",
    "[1/tiny-a/ap]",
    "[1/*/ap]",
    "[",
    "]",
    "5",
    "1e999",
    "best",
    "times",
    "percent_less",
    "argmax",
    "x",
    "'",
    '"',
    ".",
    ":",
    "lambda",
    "__import__",
    "{",
    "é",
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


def reads(read: Callable[[], Any]) -> None:
    """It comes back, or raises an error of ours in as many lines as there are mistakes, none of them empty."""
    said = "."
    try:
        read()
    except ReproPoseError as error:
        said = str(error)
    assert said.strip()
    assert all(line.strip() for line in said.splitlines())


@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join) | st.text(max_size=60))
@settings(quick, max_examples=400)
def test_the_language_of_claims(text: str) -> None:
    reads(lambda: parse(text))


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
@settings(quick, max_examples=300)
def test_json_of_any_bytes(raw: bytes) -> None:
    reads(lambda: parse_json(raw, "a.json"))


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of all values in lists and mappings."""
    inner = (
        data.items()
        if isinstance(data, dict)
        else enumerate(data)
        if isinstance(data, list)
        else ()
    )
    return [path] * bool(path) + [
        one for key, value in inner for one in places(value, (*path, key))
    ]


@st.composite
def edited(draw: st.DrawFn, base: Any) -> Any:
    """The data with one to three values replaced by others, or removed."""
    data = json.loads(json.dumps(base))
    for _ in range(draw(st.integers(1, 3))):
        known = places(data)
        if not known:
            return data
        *path, last = draw(st.sampled_from(known))
        node = data
        for step in path:
            node = node[step]
        if draw(st.booleans()):
            node[last] = draw(VALUES)
        else:
            del node[last]
    return data


@contextlib.contextmanager
def folder():
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


RESULTS = ("accuracy", "count", "speed", "submission")


@pytest.mark.parametrize("kind", RESULTS)
@given(data=st.data())
@quick
def test_results(kind: str, data: st.DataObject) -> None:
    found = data.draw(edited(json.loads(FILES[kind].base())))
    with folder() as here:
        path = here / FILES[kind].place
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(found))
        store = Store(here / "results", here / "none")
        for read in (store.accuracies, store.counts, store.speeds, store.submissions):
            reads(read)


@given(data=st.data())
@quick
def test_annotations(data: st.DataObject) -> None:
    found = data.draw(edited(json.loads(TRUTH.read_bytes())))
    with folder() as here:
        (here / "truth.json").write_text(json.dumps(found))
        reads(lambda: annotations_of(here / "truth.json", "coco"))


@given(data=st.data())
@quick
def test_predictions(data: st.DataObject) -> None:
    base = json.loads((FIXTURES / "predictions" / "coco.json").read_bytes())
    found = data.draw(edited(base) | VALUES)
    with folder() as here:
        (here / "found.json").write_text(json.dumps(found))
        reads(lambda: read_predictions(here / "found.json", "coco", {1, 12}))


@pytest.mark.parametrize("name", ["paper", "tables", "runs", "claims"])
@given(data=st.data())
@settings(quick, max_examples=40)
def test_the_schema_of_a_paper(name: str, data: st.DataObject) -> None:
    source = FIXTURES / "papers" / "tinypaper"
    found = data.draw(edited(yaml.safe_load((source / f"{name}.yaml").read_text())))
    with folder() as here:
        for file in source.iterdir():
            (here / file.name).write_bytes(file.read_bytes())
        (here / f"{name}.yaml").write_text(yaml.safe_dump(found, allow_unicode=True))
        reads(lambda: load_paper(here))


@given(data=st.data())
@quick
def test_model_cards(data: st.DataObject) -> None:
    found = data.draw(edited(yaml.safe_load(CARD)) | VALUES)
    with folder() as here:
        (here / "card.yaml").write_text(yaml.safe_dump(found, allow_unicode=True))
        reads(lambda: read_card(here / "card.yaml"))


@st.composite
def archives(draw: st.DrawFn) -> bytes:
    """A zip or tar with names that lead anywhere, damaged at a few bytes or cut."""
    names = st.sampled_from(
        ["a.txt", "../a.txt", "/a.txt", "b/c.txt", "a.txt/x", "", ".", "a\0b", "C:\\a", "é" * 90]
    )
    members = draw(st.lists(st.tuples(names, st.binary(max_size=50)), max_size=4))
    out = io.BytesIO()
    if draw(st.booleans()):
        with (
            zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed,
            contextlib.suppress(UserWarning),
        ):
            for name, content in members:
                packed.writestr(zipfile.ZipInfo(name), content)
    else:
        with tarfile.open(fileobj=out, mode=draw(st.sampled_from(["w", "w:gz"]))) as taped:
            for name, content in members:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                info.type = draw(
                    st.sampled_from([tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.FIFOTYPE])
                )
                info.linkname = "/etc/passwd"
                taped.addfile(info, io.BytesIO(content))
    raw = bytearray(out.getvalue())
    for _ in range(draw(st.integers(0, 3))):
        raw[draw(st.integers(0, len(raw) - 1))] = draw(st.integers(0, 255))
    return bytes(raw[: draw(st.integers(0, len(raw)))]) if draw(st.booleans()) else bytes(raw)


@given(archives())
@settings(quick, max_examples=150)
def test_archives_write_below_their_folder_only(raw: bytes) -> None:
    with folder() as here:
        (here / "x").write_bytes(raw)
        inner = here / "deep" / "out"
        reads(lambda: unpack(here / "x", inner, {"*": "."}))
        outside = [p for p in here.rglob("*") if p.is_file() and not p.is_relative_to(inner)]
        assert outside == [here / "x"]
        assert not any(p.is_symlink() or p.is_fifo() for p in here.rglob("*"))
