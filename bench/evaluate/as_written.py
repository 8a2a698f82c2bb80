"""Are stored files still those that were written? Compared with the manifest of their folder."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from bench.results import manifest
from bench.results.records import AnyResult
from bench.results.store import Store, Stored

WORDS = {
    "changed": "is not what was written",
    "gone": "is gone",
    "unknown": "is not in the manifest",
}
ACCEPT = "look where it comes from; `repropose manifest --accept FILE` records it as it is"


class Written(NamedTuple):
    """What the manifest says of some files. wrong: what is not as it was written; earlier: files that were restored."""

    known: bool
    wrong: list[str]
    earlier: list[str]


class Folder:
    """A folder of results with its manifest."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.manifest = manifest.read(base)

    @cached_property
    def paths(self) -> list[str]:
        """Files that are there, and those that should be; sorted."""
        listed = self.manifest.digests.items() if self.manifest else ()
        expected = (path for path, digests in listed if digests[-1] != manifest.REMOVED)
        return sorted({*manifest.present(self.base), *expected})

    def of(self, stored: Stored[AnyResult]) -> list[str]:
        """The files of a result: its own and all beside it, its gallery's too."""
        stem = stored.path.relative_to(self.base).with_suffix("").as_posix()
        return [path for path in self.paths if path.startswith(f"{stem}.")]

    def written(self, paths: Iterable[str]) -> Written:
        """Which of the files are what was written; `known` is False without a manifest."""
        if self.manifest is None:
            return Written(False, [], [])
        states = {path: self.manifest.state(self.base, path) for path in paths}
        return Written(
            True,
            [f"{path} {WORDS[state]}" for path, state in states.items() if state in WORDS],
            [path for path, state in states.items() if state == "earlier"],
        )


def leftovers(store: Store, results: Iterable[Stored[AnyResult]]) -> Iterator[tuple[str, Written]]:
    """What a manifest says of files that belong to none of the results, and of itself: name as shown, and what."""
    found = list(results)
    for base, shown in ((store.root, "results"), (store.measured, "reports/measured")):
        folder = Folder(base)
        if folder.manifest and folder.manifest.broken:
            lines = ", ".join(map(str, folder.manifest.broken[:5]))
            reason = f"line {lines}: was changed, or a line before it is gone"
            yield f"{shown}/{manifest.NAME}", Written(True, [reason], [])
        taken = {path for one in found if one.base == base for path in folder.of(one)}
        for path in folder.paths:
            if path not in taken:
                yield f"{shown}/{path}", folder.written([path])
