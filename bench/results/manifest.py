"""The manifest of a results folder: every file that was written there, in order, by digest.

    results/manifest.txt   reports/measured/manifest.txt

A line is `<SHA-256 of the file, or "removed">  <path in the folder>  <chain>`, its chain the SHA-256 of an earlier
line's chain, the digest and the path. A changed or deleted line thus breaks those after it. Two branches that git has
merged line by line (`merge=union` in .gitattributes) continue two chains, which is no break.

The folder is locked while a line is added, since stages run in parallel, and the file is replaced as a whole. A line
is added before its file is written: after an interruption a file is missing or an earlier one, never a stranger. The
manifest is no output of DVC, which restores earlier files: those are found among the earlier lines.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bench.errors import ResultError
from bench.files import write_atomically
from bench.locks import folder_alone
from bench.results.provenance import sha256

NAME = "manifest.txt"
HEADER = "# SHA-256 of a file, its path, chain to an earlier line; checked by `repropose verify --all` (SECURITY.md)"
REMOVED = "removed"
#: Folders of a store that hold results; galleries and the other files of a result lie beside it.
FOLDERS = ("counted", "timed", "smoke", "lab", "full", "released", "submitted", "machines")
#: Files that the judge also reads.
FILES = ("public_counts.json",)
State = Literal["recorded", "earlier", "changed", "gone", "unknown"]


@dataclass(frozen=True)
class Manifest:
    """What a manifest says: the digests of each path in the order of their lines; numbers of the broken lines."""

    digests: Mapping[str, list[str]] = field(default_factory=dict)
    broken: tuple[int, ...] = ()
    head: str = ""

    def state(self, base: Path, path: str) -> State:
        """A file compared with its lines; a path whose last line says that it was removed is `unknown`."""
        known = self.digests.get(path, [])
        file = base / path
        if not file.is_file():
            return "gone" if known and known[-1] != REMOVED else "unknown"
        digest = sha256(file)
        if not known or known[-1] == REMOVED:
            return "earlier" if digest in known else "unknown"
        if digest == known[-1]:
            return "recorded"
        return "earlier" if digest in known else "changed"


def read(base: Path) -> Manifest | None:
    """The manifest of a results folder; None if it has none. Raises `ResultError` if it cannot be read as text."""
    path = base / NAME
    if not path.is_file():
        return None
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ResultError(f"{path} is not a manifest: {error}; see SECURITY.md") from None
    digests: dict[str, list[str]] = {}
    broken, chains = [], {"": None}  # in order, each once
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = line.split("  ")
        if len(parts) != 3:
            broken.append(number)
            continue
        digest, name, chain = parts
        if not any(_chain(one, digest, name) == chain for one in reversed(chains)):
            broken.append(number)
        chains.setdefault(chain)
        digests.setdefault(name, []).append(digest)
    return Manifest(digests, tuple(broken), next(reversed(chains)))


def record(base: Path, content: Mapping[str, bytes | None]) -> None:
    """Add a line for each file that is about to be written, and for each that is removed (None).

    content: path in the folder -> bytes. Files whose last line says the same get no other. Raises
    `EnvironmentProblem` if the manifest cannot be written, `ResultError` if it is no text.
    """
    named = {
        path: REMOVED if one is None else hashlib.sha256(one).hexdigest()
        for path, one in content.items()
    }
    with folder_alone(base):
        old = read(base) or Manifest()
        known = {path: digests[-1] for path, digests in old.digests.items()}
        new = {
            path: digest
            for path, digest in sorted(named.items())
            if known.get(path, REMOVED) != digest
        }
        if not new:
            return
        file = base / NAME
        text = file.read_text(encoding="utf-8") if file.is_file() else f"{HEADER}\n"
        chains = _chains(old.head, new)
        lines = [f"{new[path]}  {path}  {chain}\n" for path, chain in chains.items()]
        write_atomically(file, (text + "".join(lines)).encode())


def accept(base: Path, path: str) -> list[str]:
    """Record a file, or all that are or were in a folder, as they are now; those that were recorded otherwise.

    Raises `ResultError` if there is none.
    """
    before = (read(base) or Manifest()).digests
    every = {*present(base), *before}
    whole = path == "."
    files = {one: base / one for one in every if whole or f"{one}/".startswith(f"{path}/")}
    if not files:
        raise ResultError(f"{base / path} is no file of a result, now or before")
    record(base, {one: f.read_bytes() if f.is_file() else None for one, f in files.items()})
    after = (read(base) or Manifest()).digests
    return sorted(one for one in after if after[one] != before.get(one))


def present(base: Path) -> Iterator[str]:
    """The files in a store that belong into its manifest, sorted; not those that are being written."""
    found = [path for folder in FOLDERS for path in (base / folder).rglob("*") if path.is_file()]
    found += [path for name in FILES if (path := base / name).is_file()]
    for path in sorted(found):
        if not path.name.startswith("."):
            yield path.relative_to(base).as_posix()


def _chain(before: str, digest: str, path: str) -> str:
    return hashlib.sha256(f"{before} {digest} {path}".encode()).hexdigest()


def _chains(head: str, new: Mapping[str, str]) -> dict[str, str]:
    """The chain of each new line, which continues the one before it."""
    found = {}
    for path, digest in new.items():
        head = found[path] = _chain(head, digest, path)
    return found
