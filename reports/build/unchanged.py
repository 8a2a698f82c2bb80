"""Whether anything that a site is built from has changed since: without reading it, let alone judging."""

import hashlib
import os
import stat
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.files import write_if_changed
from bench.paths import ROOT
from reports.build.writer import MANIFEST


def code_state() -> str:
    """Digest of the state of the code and of the installed packages. Of what a process imports, if it asks first."""
    folders = [sysconfig.get_paths()[name] for name in ("purelib", "platlib")]
    packages = [os.stat(folder).st_mtime_ns for folder in folders if os.path.isdir(folder)]
    code = (ROOT / "bench", ROOT / "model_zoo", ROOT / "reports")
    return inputs_state(*code, f"{sys.version} {packages}")


def inputs_state(*given: Path | str) -> str:
    """Digest of the state of files and folders.

    Size, times and inode of each file, as a copy or an edit changes one of these; a text stands for itself.
    """
    digest = hashlib.sha256()
    for one in given:
        digest.update(f"\n{one}\n".encode("utf-8", "surrogatepass"))
        if isinstance(one, Path):
            digest.update("\n".join(_states(one)).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _states(path: Path) -> Iterator[str]:
    """A line for each file in or at `path`; caches of Python are none. A folder is entered once, also through links."""
    todo, entered = [path], set()
    while todo:
        one = todo.pop()
        try:
            found = one.stat()
            folder = stat.S_ISDIR(found.st_mode)
            inside = sorted(one.iterdir()) if folder and one.name != "__pycache__" else []
        except OSError:
            yield f"{one} is not there, or leads nowhere"
            continue
        if not folder:
            yield _state(str(one), found)
        elif (found.st_dev, found.st_ino) not in entered:
            entered.add((found.st_dev, found.st_ino))
            todo += inside


def _state(name: str, found: os.stat_result) -> str:
    return f"{name} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}"


def is_current(out: Path, inputs: Sequence[str], noted: Path) -> bool:
    """Whether the site at `out` was built from these inputs, and nobody touched its files since; `noted` says so."""
    try:
        return noted.read_text() == "\n".join([*inputs, _written(out)])
    except (OSError, UnicodeDecodeError):
        return False


def note(out: Path, inputs: Sequence[str], noted: Path) -> None:
    """Remember in the file `noted` what the site at `out` was built from. Raises `EnvironmentProblem`."""
    content = "\n".join([*inputs, _written(out)]).encode()
    write_if_changed(noted, content, durable=False)


def _written(out: Path) -> str:
    """Digest of the state of all files that the site's list names. Raises `OSError` if one is not there."""
    names = [line.partition("\t")[0] for line in (out / MANIFEST).read_text("utf-8").splitlines()]
    states = "\n".join(_state(name, (out / name).stat()) for name in names)
    return hashlib.sha256(states.encode("utf-8", "surrogatepass")).hexdigest()
