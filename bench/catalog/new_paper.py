"""`repropose new paper NAME`: a folder that loads, with one example of each entry to replace."""

import re
from pathlib import Path

from bench.catalog.load import Catalog, load_paper
from bench.errors import CatalogError

PAPER = """\
id: {id}
order: {order}
method: {id}
title: "TODO: the paper's title"
authors: "TODO: first author, second author"
venue: TODO
year: 2000
"""
TABLES = """\
# One entry per printed table; ARCHITECTURE.md, "A paper as data", explains every field.
- table: "1"
  title: "TODO: what the table shows, in your words"
  page: 1
  split: coco-val2017
  protocol: {{input_size: 256x192, boxes: detector-56.4, flip_test: "yes"}}
  columns:
    - {{key: input, label: Input size}}
    - {{key: params, label: "#Params", metric: params}}
    - {{key: ap, label: AP, metric: AP}}
  rows:
    - key: baseline
      label: SimpleBaseline-R50
      origin: quoted
      source: "TODO: where the row comes from"
      model: simplebaseline-r50
      cells: "256×192 | 34.0M | 70.4"
    - key: own
      label: "TODO: the paper's own method"
      origin: own
      run: {id}-coco
      cells: "256×192 | 34.0M | 71.0"
"""
RUNS = """\
# Run id -> a zoo config (file stem in model_zoo/configs) on a data set (coco, mpii, crowdpose).
{id}-coco: {{config: simplebaseline-r50, dataset: coco}}
"""
CLAIMS = """\
# One entry per quantitative sentence; the language of expressions is in ARCHITECTURE.md.
- id: better-than-the-baseline
  where: "TODO: section and page"
  claim: "TODO: the claim in your words"
  expression: "[1/own/ap] - [1/baseline/ap]"
  claimed: "0.6"
"""
NOTES = """\
# {id}: interpretations

What the paper does not state or gets wrong, the interpretation chosen, and why.
"""
FILES = {
    "paper.yaml": PAPER,
    "tables.yaml": TABLES,
    "runs.yaml": RUNS,
    "claims.yaml": CLAIMS,
    "NOTES.md": NOTES,
}


def new_paper(name: str, root: Path, catalog: Catalog) -> Path:
    """Write the folder `root/name`. Raises `CatalogError` for a name that is taken or invalid."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise CatalogError(
            f"'{name}' cannot name a paper; allowed are small letters, digits and single hyphens"
        )
    folder = root / name
    if name in catalog.papers or folder.exists():
        raise CatalogError(f"paper '{name}' exists already at {catalog.folders.get(name, folder)}")
    order = 1 + max((paper.order for paper in catalog.papers.values()), default=0)
    folder.mkdir(parents=True)
    for file, text in FILES.items():
        (folder / file).write_text(text.format(id=name, order=order), encoding="utf-8")
    load_paper(folder)
    return folder
