"""`repropose new registration`: writes down what a training claim will be judged by, before its runs are measured."""

import ast
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from bench.catalog.cells import Cell
from bench.catalog.load import Catalog, load_paper
from bench.catalog.registration import RegisteredTier, Registration
from bench.catalog.schema import Claim
from bench.catalog.yaml_lines import append_to
from bench.errors import CatalogError, UnknownName
from bench.files import write_atomically
from bench.judge.claims.on_paper import understand
from bench.results.index import ResultIndex

UNSEALED = "0" * 12
RATIOS = {"times", "percent_less", "percent_more"}


def register(
    catalog: Catalog,
    index: ResultIndex,
    name: str,
    *,
    tier: RegisteredTier,
    margin: float,
    seeds: int | None,
    contrast: str | None,
    today: date,
) -> Path:
    """Add an entry to `registered` of a claim 'paper/id', in the paper's claims.yaml; the file.

    margin: points that a difference must exceed. seeds: of each run; by default as many as in runs.yaml.
    Raises `UnknownName`, or `CatalogError` if the claim compares no trainings, or a run was measured before.
    """
    paper, claim = find_claim(catalog, name)
    contrast = (contrast or "").strip() or None
    if not 0 <= margin <= 100:  # nor is it "not a number"
        raise CatalogError(f"a margin of {margin:g} points decides nothing; give one from 0 to 100")
    cells = compared(catalog, paper, claim)
    if not cells:
        raise CatalogError(
            f"claim '{name}' compares no two trainings; only such claims are registered"
        )
    seeds = seeds or len(getattr(catalog.run(str(cells[0].run)).seeds, tier))
    problems = list(_measured(index, cells, tier))
    if seeds < 2:
        problems.append(f"one seed for {tier} in runs.yaml decides no order; add --seeds")
    if problems:
        raise CatalogError(f"claim '{name}' is not registered: {problems[0]}")
    plan = {"tier": tier, "date": today, "margin": margin, "seeds": seeds, "contrast": contrast}
    plan["metric"] = ", ".join(dict.fromkeys(str(cell.metric) for cell in cells))
    entry = Registration.model_validate({**plan, "digest": UNSEALED})
    written = entry.model_dump(mode="json", exclude={"digest"})
    return _write(catalog.folders[paper], claim, {**written, "digest": claim.digest(written)})


def find_claim(catalog: Catalog, name: str) -> tuple[str, Claim]:
    """Paper and claim of 'paper/id'. Raises `UnknownName`."""
    known = {f"{paper}/{claim.id}": (paper, claim) for paper, claim in catalog.claims()}
    if name not in known:
        raise UnknownName("claim", name, known, "`repropose claims` lists them all")
    return known[name]


def compared(catalog: Catalog, paper: str, claim: Claim) -> list[Cell]:
    """The trained cells that a claim compares, with the runs that it names instead; none if it compares no trainings.

    A number must be a difference or a ratio: that one training has 75.8 AP is no comparison.
    """
    resolved = understand(catalog, paper, claim)
    found = []
    for cell in resolved.cells.values():
        if cell.column.kind not in ("accuracy", "measure"):
            continue
        if cell.run is None:
            return []
        other = claim.instead.get(cell.run)
        found.append(catalog.with_run(cell, other) if other else cell)
    nodes = list(ast.walk(resolved.expression.tree))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    contrast = (
        claim.claimed is None
        or names & RATIOS
        or any(isinstance(n, ast.Sub | ast.Div) for n in nodes)
    )
    return found if contrast and len({cell.run for cell in found}) > 1 else []


def _measured(index: ResultIndex, cells: list[Cell], tier: RegisteredTier) -> Iterator[str]:
    for cell in cells:
        for one in index.accuracies.get(cell.run or "", []):
            if one.result.tier == tier:
                yield f"{one.file} exists, so its outcome is known; register before the run"


def _write(folder: Path, claim: Claim, entry: dict[str, object]) -> Path:
    path = folder / "claims.yaml"
    number = [one.id for one in load_paper(folder).claims].index(claim.id)
    parts = (f"{key}: {_plain(key, value)}" for key, value in entry.items() if value is not None)
    before = path.read_bytes()
    write_atomically(
        path, append_to(path, number, "registered", "{" + ", ".join(parts) + "}").encode()
    )
    try:
        written = load_paper(folder).claims[number]
        if not written.registered or written.changed(written.registered[-1]):
            raise CatalogError(f"{path}: the entry could not be added; add it by hand: {entry}")
    except CatalogError:
        write_atomically(path, before)
        raise
    return path


def _plain(key: str, value: object) -> str:
    """A value as YAML: dates and plain words bare, other text quoted."""
    bare = key in ("tier", "date") or not isinstance(value, str)
    return str(value) if bare else json.dumps(value, ensure_ascii=False)
