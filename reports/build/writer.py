"""Writing the site: only files whose bytes changed, and nothing left over from an earlier build."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.errors import EnvironmentProblem, ReproPoseError
from bench.files import write_if_changed

MANIFEST = ".site"


class SiteError(ReproPoseError):
    """The site cannot be written where it was asked for."""


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

    def __str__(self) -> str:
        return (
            f"{self.index}: {len(self.written)} files written, "
            f"{len(self.unchanged)} unchanged, {len(self.removed)} removed"
        )


@dataclass
class Writer:
    """Collects a build's files; what an earlier build wrote and this one does not is removed."""

    out: Path
    written: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    placed: set[str] = field(default_factory=set)
    notes: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        manifest = self.out / MANIFEST
        if self.out.exists() and not self.out.is_dir():
            raise SiteError(f"{self.out} is a file; name a folder for the site")
        if self.out.is_dir() and not manifest.is_file() and any(self.out.iterdir()):
            raise SiteError(
                f"{self.out} holds files that are not a site; name an empty or a new folder"
            )
        lines = manifest.read_text("utf-8").splitlines() if manifest.is_file() else []
        self.before = {name: rest for name, _, rest in (line.partition("\t") for line in lines)}

    def current(self, names: Sequence[str], key: str) -> bool:
        """Whether all of `names` were made from what `key` stands for and still hold that; then they stay."""
        kept = {}
        for name in names:
            made_from, _, digest = self.before.get(name, "").partition("\t")
            path = self.out / name
            if made_from != key or not path.is_file() or _hash(path.read_bytes()) != digest:
                return False
            kept[name] = self.before[name]
        self.notes.update(kept)
        self.unchanged.extend(kept)
        return True

    def add(self, name: str, content: str | bytes, key: str = "") -> None:
        """Write `content` to `name` (relative, '/'-separated) unless it is already there.

        key: what it was made from, for `current` of the next build.
        """
        data = content.encode("utf-8", "replace") if isinstance(content, str) else content
        if key:
            self.notes[name] = f"{key}\t{_hash(data)}"
        try:
            changed = write_if_changed(self.out / name, data, durable=False)
        except EnvironmentProblem as error:
            raise SiteError(str(error)) from error
        (self.written if changed else self.unchanged).append(name)

    def copy(self, name: str, source: Path, size: int, digest: str) -> None:
        """Copy a file that is named by its content; one of that name and size is already the same.

        digest: the content's SHA-256. Raises `SiteError` if `source` holds something else.
        """
        path = self.out / name
        if name in self.placed:
            return
        self.placed.add(name)
        if path.is_file() and path.stat().st_size == size:
            self.unchanged.append(name)
            return
        content = source.read_bytes()
        if _hash(content) != digest:
            raise SiteError(f"{source}: its SHA-256 is not the one in its gallery; draw it anew")
        self.add(name, content)

    def finish(self) -> BuildReport:
        """Remove what is no longer part of the site and note what is."""
        names = sorted([*self.written, *self.unchanged])
        removed = sorted(set(self.before) - set(names))
        for name in removed:
            path = self.out / name
            if path.resolve().is_relative_to(self.out.resolve()):
                path.unlink(missing_ok=True)
        lines = [f"{name}\t{self.notes[name]}" if name in self.notes else name for name in names]
        (self.out / MANIFEST).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return BuildReport(self.out, tuple(self.written), tuple(self.unchanged), tuple(removed))
