"""What decides that a result is stale: the code or configuration that it depends on has changed since."""

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from bench.results.records import Provenance

_CODE = {".py", ".yaml", ".yml", ".toml"}


def changes_since(sources: Iterable[Provenance], project: Path) -> str:
    """Which code or configuration below `project` has changed since these results; empty if none has."""
    inputs = {(name, sha) for source in sources for name, sha in source.inputs.items()}
    changed = sorted(
        {n for n, sha in inputs if Path(n).suffix in _CODE and _hash(project / n) != sha}
    )
    return f"changed since it was measured: {', '.join(changed)}" if changed else ""


@cache
def _digest(path: Path, changed: int, size: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _hash(path: Path) -> str:
    """SHA-256 of a file, cached until it changes; 'gone' if there is none."""
    if not path.is_file():
        return "gone"
    state = path.stat()
    return _digest(path, state.st_mtime_ns, state.st_size)
