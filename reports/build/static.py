"""Styles and scripts of the site, as they are in the package."""

from collections.abc import Iterator
from importlib import resources

STYLES = ("style", "charts", "explore")
SCRIPTS = ("site", "leaderboard", "compare", "evidence", "search", "claims", "explore")
#: The search library as published (npm: minisearch 7.2.0), with its licence.
MINISEARCH = ("minisearch/minisearch.js", "minisearch/LICENSE.txt")
STATIC = (
    *(f"{name}.css" for name in STYLES),
    *(f"{name}.js" for name in SCRIPTS),
    "icon.svg",
    *MINISEARCH,
)


def static_files() -> Iterator[tuple[str, bytes]]:
    """(name in the folder static, content) of each."""
    folder = resources.files("reports") / "static"
    yield from ((name, (folder / name).read_bytes()) for name in STATIC)
