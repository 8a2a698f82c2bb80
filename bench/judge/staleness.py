"""What decides that a result is stale: the code or configuration that it depends on has changed since."""

from collections.abc import Iterable
from pathlib import Path

from bench.results.inputs import changed
from bench.results.records import Provenance


def changes_since(sources: Iterable[Provenance], project: Path) -> str:
    """Which code or configuration below `project` has changed since these results; empty if none has."""
    recorded = {pair for source in sources for pair in source.inputs.items()}
    found = sorted(set(changed(recorded, project)))
    return f"changed since it was measured: {', '.join(found)}" if found else ""
