"""What can be fetched, as data: `sources.yaml`, checked on load, mistakes with file and line."""

from functools import cache
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints, TypeAdapter, ValidationError
from pydantic import model_validator as check

from bench.catalog.schema import Slug, Strict
from bench.catalog.yaml_lines import line_of, read_yaml
from bench.errors import LedgerError, UnknownName

FILE = Path(__file__).with_name("sources.yaml")


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("an address starts with https:// or http:// and names a host")
    return value


def _inside(value: str) -> str:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or "\\" in value or not value:
        raise ValueError("a place is a relative path without '..'")
    return value


Address = Annotated[str, AfterValidator(_address)]
Place = Annotated[str, AfterValidator(_inside)]
Hex = StringConstraints(pattern=r"^[0-9a-f]+$")


class RemoteFile(Strict):
    """One file of a source. Size and hashes are given only where the publisher's are known."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    addresses: tuple[Address, ...] = Field(default=(), description="the first that works is taken")
    page: Address | None = Field(default=None, description="where a person gets it by hand")
    size: Annotated[int, Field(gt=0)] | None = Field(default=None, description="bytes")
    sha256: Annotated[str, Hex, Field(min_length=64, max_length=64)] | None = None
    sha256_starts: Annotated[str, Hex, Field(min_length=8, max_length=64)] | None = Field(
        default=None, description="the first digits, as PyTorch puts them in names"
    )
    to: Place = Field(default=".", description="folder of a file that is not unpacked")
    unpack: dict[str, Place] = Field(
        default={}, description="pattern of base names in the archive -> folder they go to"
    )

    @check(mode="after")
    def _reachable(self) -> "RemoteFile":
        if not self.addresses and not self.page:
            raise ValueError("needs `addresses`, or the `page` where a person gets it")
        return self


class Source(Strict):
    """Something that `repropose fetch NAME` brings to `data/full/<folder>`."""

    title: str
    folder: Place
    files: Annotated[tuple[RemoteFile, ...], Field(min_length=1)]
    provides: dict[Place, int | Literal["file", "folder"]] = Field(
        default={}, description="what is there afterwards: a file, a folder, one with so many files"
    )
    licence: str
    citation: str
    by_hand: str = Field(default="", description="what a person has to do or accept first")

    @check(mode="after")
    def _says_what_comes(self) -> "Source":
        if any(file.unpack for file in self.files) and not self.provides:
            raise ValueError("an archive is unpacked: `provides` has to say what is there then")
        if any(not file.addresses for file in self.files) and not self.by_hand:
            raise ValueError("a file has no address: `by_hand` has to say what to do")
        return self

    @property
    def expected(self) -> dict[str, int | Literal["file", "folder"]]:
        """`provides`, and every file that is not unpacked."""
        plain = {str(PurePosixPath(f.to) / f.name): "file" for f in self.files if not f.unpack}
        return {**dict.fromkeys(plain, "file"), **self.provides}

    @property
    def size(self) -> int | None:
        """Bytes to transfer, None where a file's size is not known."""
        sizes = [file.size for file in self.files]
        return None if None in sizes else sum(size for size in sizes if size is not None)


_LEDGER = TypeAdapter(dict[Slug, Source])


def load(path: Path = FILE) -> dict[str, Source]:
    """All sources by name. Raises `LedgerError` with file and line, one line per mistake."""
    data = read_yaml(path)
    try:
        return _LEDGER.validate_python(data)
    except ValidationError as error:
        lines, found = [], error.errors(include_url=False)
        for item in found:
            if any(
                len(o["loc"]) > len(n := item["loc"]) and o["loc"][: len(n)] == n for o in found
            ):
                continue  # only says that something inside is wrong
            where = tuple(step for step in item["loc"] if step != "[key]")
            line, name = line_of(path, where), " > ".join(map(str, where)) or "the file"
            lines.append(f"{path}:{line}: {name}: {item['msg'].removeprefix('Value error, ')}")
        raise LedgerError("\n".join(dict.fromkeys(lines))) from None


@cache
def sources() -> dict[str, Source]:
    """The project's own sources."""
    return load()


def named(name: str) -> Source:
    """A source by its name; `UnknownName` lists what there is."""
    if name not in sources():
        raise UnknownName("source", name, sources(), "`repropose fetch --list` shows them all")
    return sources()[name]


def providing(place: str) -> str | None:
    """Which source brings a file or folder, given relative to `data/full`; None if none does."""
    for name, source in sources().items():
        for path in source.expected:
            whole = PurePosixPath(source.folder) / path
            if PurePosixPath(place).is_relative_to(whole):
                return name
    return None
