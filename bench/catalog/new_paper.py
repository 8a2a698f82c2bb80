"""`repropose new paper NAME`: a folder that loads, with one example of each entry to replace.

It is a copy of the folder `template`, with NAME and ORDER filled in.
"""

import re
from pathlib import Path

from bench.catalog.load import Catalog, load_paper
from bench.errors import CatalogError

TEMPLATE = Path(__file__).with_name("template")


def new_paper(name: str, root: Path, catalog: Catalog) -> Path:
    """Write the folder `root/name`. Raises `CatalogError` for a name that is taken or invalid."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise CatalogError(
            f"'{name}' is not a valid paper name; allowed are lowercase letters, digits and single hyphens"
        )
    folder = root / name
    if name in catalog.papers or folder.exists():
        raise CatalogError(f"paper '{name}' already exists at {catalog.folders.get(name, folder)}")
    order = 1 + max((paper.order for paper in catalog.papers.values()), default=0)
    folder.mkdir(parents=True)
    for file in TEMPLATE.iterdir():
        text = file.read_text(encoding="utf-8").replace("NAME", name).replace("ORDER", str(order))
        (folder / file.name).write_text(text, encoding="utf-8")
    load_paper(folder)
    return folder
