"""Writing the site: only files whose bytes changed are written; leftovers of earlier builds are removed."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.errors import EnvironmentProblem, ReproPoseError
from bench.files import write_if_changed
from bench.locks import folder_alone

MANIFEST = ".site"


class SiteError(ReproPoseError):
    """The site cannot be written to the given folder."""


def _unfinished(path: Path) -> bool:
    """Whether a file is one that `write_atomically` had not finished when it was killed."""
    return path.name.startswith(".") and path.name.endswith(".part")


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True)
class BuildReport:
    """What a build did; paths are relative to the site's folder."""

    out: Path
    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def index(self) -> Path:
        return self.out / "index.html"


@contextmanager
def building(out: Path) -> Iterator["Writer"]:
    """The writer of a build of the site at `out`; another build of it waits.

    The list of files is there, empty, before the first of them, so that a build that was killed is known as a site.
    Raises `SiteError` if `out` contains anything other than a site or cannot be written.
    """
    try:
        if out.exists() and not out.is_dir():
            raise SiteError(f"{out} is a file; choose a folder for the site")
        with folder_alone(out):
            yield Writer(out)
    except OSError as error:
        raise SiteError(f"{error.filename or out}: cannot be written: {error.strerror}") from None


@dataclass
class Part:
    """What one job of a build wrote or found as it would have written it. keys: see `Writer.add`."""

    written: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)


class Writer:
    """Writes the files of a build; what only an earlier build wrote is removed. `building` makes one."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.part = Part()
        self.copied: set[str] = set()
        manifest = out / MANIFEST
        if not manifest.is_file():
            if any(path.name != MANIFEST and not _unfinished(path) for path in out.iterdir()):
                raise SiteError(
                    f"{out} contains files that are not a site; choose an empty or a new folder"
                )
            self._write(MANIFEST, b"")
        lines = manifest.read_text("utf-8", errors="replace").splitlines()
        self.before = {name: rest for name, _, rest in (line.partition("\t") for line in lines)}

    def current(self, names: Sequence[str], key: str) -> bool:
        """Whether all files `names` were written with this `key` and are unchanged since; if so they are kept."""
        kept = {}
        for name in names:
            old_key, _, digest = self.before.get(name, "").partition("\t")
            path = self.out / name
            if old_key != key or not path.is_file() or _hash(path.read_bytes()) != digest:
                return False
            kept[name] = self.before[name]
        self.part.keys.update(kept)
        self.part.unchanged.extend(kept)
        return True

    def add(self, name: str, content: str | bytes, key: str = "") -> None:
        """Write `content` to `name` (relative, '/'-separated) unless the file already has this content.

        key: identifies what it was rendered from, for `current` in the next build.
        """
        data = content.encode("utf-8", "replace") if isinstance(content, str) else content
        if key:
            self.part.keys[name] = f"{key}\t{_hash(data)}"
        changed = self._write(name, data)
        (self.part.written if changed else self.part.unchanged).append(name)

    def _write(self, name: str, data: bytes) -> bool:
        try:
            return write_if_changed(self.out / name, data, durable=False)
        except EnvironmentProblem as error:
            raise SiteError(str(error)) from error

    def copy(self, name: str, source: Path, size: int, digest: str) -> None:
        """Copy a file that is named by its content; an existing one of that name and size is not copied again.

        digest: the content's SHA-256. Raises `SiteError` if `source` has other content.
        """
        path = self.out / name
        if name in self.copied:
            return
        self.copied.add(name)
        if path.is_file() and path.stat().st_size == size:
            self.part.unchanged.append(name)
            return
        content = source.read_bytes()
        if _hash(content) != digest:
            raise SiteError(
                f"{source}: its SHA-256 is not the one in its gallery; draw the gallery again"
            )
        self.add(name, content)

    def finish(self, parts: Sequence[Part]) -> BuildReport:
        """Remove what is no longer part of the site, or a killed build left, and write the list of its files."""
        keys = {name: key for part in parts for name, key in part.keys.items()}
        written = dict.fromkeys(name for part in parts for name in part.written)
        every = dict.fromkeys(name for part in parts for name in part.unchanged) | written
        removed = sorted(set(self.before) - set(every))
        for name in removed:
            path = self.out / name
            if path.resolve().is_relative_to(self.out.resolve()):
                path.unlink(missing_ok=True)
        for path in filter(_unfinished, self.out.rglob(".*.part")):
            path.unlink(missing_ok=True)
        lines = [f"{name}\t{keys[name]}" if name in keys else name for name in sorted(every)]
        self._write(MANIFEST, ("\n".join(lines) + "\n").encode())
        unchanged = tuple(name for name in every if name not in written)
        return BuildReport(self.out, tuple(written), unchanged, tuple(removed))
