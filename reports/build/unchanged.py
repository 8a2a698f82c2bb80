"""Whether anything that a site is built from has changed since: without reading it, let alone judging."""

import hashlib
import os
import stat
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

from bench.files import write_if_changed
from bench.paths import ROOT
from reports.build.writer import MANIFEST

#: Beside the list of files of a site: the state of all that it was built from, and of all that was written.
INPUTS = ".inputs"


def inputs_state(*given: Path | str) -> str:
    """Digest of the state of files and folders, of the code and of the installed packages.

    Size, times and inode of each file, as a copy or an edit changes one of these; a text stands for itself.
    """
    code = (ROOT / "bench", ROOT / "model_zoo", ROOT / "reports")
    packages = os.stat(sysconfig.get_paths()["purelib"])
    digest = hashlib.sha256(f"{sys.version} {packages.st_mtime_ns}".encode())
    for one in (*code, *given):
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
        except OSError:
            yield f"{one} is not there, or leads nowhere"
            continue
        if not stat.S_ISDIR(found.st_mode):
            yield _state(str(one), found)
        elif one.name != "__pycache__" and (found.st_dev, found.st_ino) not in entered:
            entered.add((found.st_dev, found.st_ino))
            todo += sorted(one.iterdir())


def _state(name: str, found: os.stat_result) -> str:
    return f"{name} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}"


def is_current(out: Path, inputs: Iterable[str]) -> bool:
    """Whether the site at `out` was built from these inputs (`inputs_state`), and nobody touched its files since."""
    try:
        known = (out / INPUTS).read_text()
        return known == "\n".join([*inputs, _written(out)])
    except (OSError, UnicodeDecodeError):
        return False


def note(out: Path, inputs: Iterable[str]) -> None:
    """Remember what the site at `out` was built from."""
    write_if_changed(out / INPUTS, "\n".join([*inputs, _written(out)]).encode(), durable=False)


def _written(out: Path) -> str:
    """Digest of the state of all files that the site's list names."""
    names = [line.partition("\t")[0] for line in (out / MANIFEST).read_text("utf-8").splitlines()]
    states = "\n".join(_state(name, (out / name).stat()) for name in names)
    return hashlib.sha256(states.encode("utf-8", "surrogatepass")).hexdigest()
