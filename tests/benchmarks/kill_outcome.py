"""What is in a workspace after a kill: what is torn or lost, what has to be equal."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

_VOLATILE = {
    "volatile",
    "hardware",
    "commit",
    "dirty",
    "inputs",
    "median_ms",
    "low_ms",
    "high_ms",
    "made",
    "date",
    "seconds",
}


class Seen(NamedTuple):
    """What one kill did. number: which of the command's kills; at: the change or the second at which it was killed."""

    command: str
    number: int
    at: str
    faults: tuple[str, ...]


def files(workspace: Path, *folders: str) -> Iterator[Path]:
    """Files of folders, but for logs, locks, and what a killed process had not renamed yet."""
    for folder in folders:
        for path in sorted((workspace / folder).rglob("*")):
            hidden = any(part.startswith(".") for part in path.relative_to(workspace).parts)
            if path.is_file() and (not hidden or path.name == ".site"):
                yield path


def content(path: Path, workspace: Path) -> Any:
    """What of a file has to be equal; raises ValueError or OSError for a torn one."""
    raw = path.read_bytes()
    if path.suffix == ".gz":
        raw = gzip.decompress(raw)
    if path.name.endswith((".json", ".json.gz")):
        return stable(json.loads(raw))
    if path.name == "manifest.txt":  # a line more for each time that a file was written
        return sorted({line.split()[1] for line in raw.decode().splitlines() if line[:1] != "#"})
    if path.suffix in (".npz", ".webp", ".png", ".parquet", ".pth"):
        return len(raw) > 0 and raw[:4]
    if path.suffix in (".html", ".xml", ".svg") and b"</" not in raw[-40:]:
        raise ValueError("cut off")
    return b"" if path.suffix in (".html", ".xml", ".jsonl", ".md", ".csv", "") else raw


def stable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: stable(one) for key, one in value.items() if key not in _VOLATILE}
    return [stable(one) for one in value] if isinstance(value, list) else value


SHOWN = ("results", "build", "out", "data")


def outcome(workspace: Path) -> dict[str, Any]:
    """Every file of results, site and data with what of it has to be equal."""
    return {
        str(path.relative_to(workspace)): content(path, workspace)
        for path in files(workspace, *SHOWN)
    }


def torn(workspace: Path) -> Iterator[str]:
    for path in files(workspace, *SHOWN):
        try:
            content(path, workspace)
        except (ValueError, OSError, EOFError) as error:
            yield f"torn: {path.relative_to(workspace)}: {error}"


def lost(before: Path, after: Path) -> Iterator[str]:
    for path in files(before, "results"):
        if not (after / path.relative_to(before)).is_file():
            yield f"lost: {path.relative_to(before)}"
