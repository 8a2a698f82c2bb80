"""What can be fetched: `sources.yaml`, validated on load, errors with file and line."""

from functools import cache
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints, TypeAdapter, ValidationError
from pydantic import model_validator as check

from bench.catalog.schema import Slug, Strict
from bench.catalog.yaml_lines import line_of, read_yaml
from bench.errors import CatalogError, UnknownName

FILE = Path(__file__).with_name("sources.yaml")


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("an address starts with https:// or http:// and names a host")
    return value


def _inside(value: str) -> str:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or "\\" in value or not value:
        raise ValueError("a relative path without '..' is expected")
    return value


Address = Annotated[str, AfterValidator(_address)]
RelativePath = Annotated[str, AfterValidator(_inside)]
Hex = StringConstraints(pattern=r"^[0-9a-f]+$")


class RemoteFile(Strict):
    """One file of a source. Size and hashes are given only where the publisher's are known."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    addresses: tuple[Address, ...] = Field(default=(), description="the first that works is used")
    page: Address | None = Field(default=None, description="where to download it by hand")
    size: Annotated[int, Field(gt=0)] | None = Field(default=None, description="bytes")
    sha256: Annotated[str, Hex, Field(min_length=64, max_length=64)] | None = None
    sha256_starts: Annotated[str, Hex, Field(min_length=8, max_length=64)] | None = Field(
        default=None, description="the first digits, as PyTorch has them in file names"
    )
    to: RelativePath = Field(default=".", description="folder of a file that is not unpacked")
    unpack: dict[str, RelativePath] = Field(
        default={}, description="pattern of base names in the archive -> folder they go to"
    )

    @check(mode="after")
    def _reachable(self) -> "RemoteFile":
        if not self.addresses and not self.page:
            raise ValueError("needs `addresses`, or the `page` where it is downloaded by hand")
        return self

    def hash_error(self, sha256: str, known: str | None = None) -> str | None:
        """How a file's hash differs from the published one, or from the first download's (`known`); None if neither."""
        if self.sha256 and sha256 != self.sha256:
            return f"SHA-256 is {sha256}, the published one is {self.sha256}"
        if self.sha256_starts and not sha256.startswith(self.sha256_starts):
            return f"SHA-256 is {sha256}, the published one begins with {self.sha256_starts}"
        if known and sha256 != known:
            return f"SHA-256 is {sha256}, that of the first download was {known}"
        return None


class Source(Strict):
    """Something that `repropose fetch NAME` puts into `data/full/<folder>`."""

    title: str
    folder: RelativePath
    files: Annotated[tuple[RemoteFile, ...], Field(min_length=1)]
    provides: dict[RelativePath, int | Literal["file", "folder"]] = Field(
        default={},
        description="what exists afterwards: a file, a folder, a folder with this many files",
    )
    licence: str
    citation: str
    by_hand: str = Field(default="", description="what has to be done or accepted by hand first")

    @check(mode="after")
    def _complete(self) -> "Source":
        if any(file.unpack for file in self.files) and not self.provides:
            raise ValueError("an archive is unpacked: `provides` has to say what exists afterwards")
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
        """Bytes to download, None if a file's size is unknown."""
        sizes = [file.size for file in self.files]
        return None if None in sizes else sum(size for size in sizes if size is not None)


_ADAPTER = TypeAdapter(dict[Slug, Source])


def load(path: Path = FILE) -> dict[str, Source]:
    """All sources by name. Raises `CatalogError` with file and line, one line per error."""
    data = read_yaml(path)
    try:
        return _ADAPTER.validate_python(data)
    except ValidationError as error:
        lines, found = [], error.errors(include_url=False)
        for item in found:
            if any(
                len(o["loc"]) > len(n := item["loc"]) and o["loc"][: len(n)] == n for o in found
            ):
                continue  # only reports an error further inside
            where = tuple(step for step in item["loc"] if step != "[key]")
            line, name = line_of(path, where), " > ".join(map(str, where)) or "the file"
            lines.append(f"{path}:{line}: {name}: {item['msg'].removeprefix('Value error, ')}")
        raise CatalogError("\n".join(dict.fromkeys(lines))) from None


@cache
def sources() -> dict[str, Source]:
    """The project's own sources."""
    return load()


def named(name: str) -> Source:
    """A source by its name. Raises `UnknownName`."""
    if name not in sources():
        raise UnknownName("source", name, sources(), "`repropose fetch --list` shows them all")
    return sources()[name]


def providing(wanted: str) -> str | None:
    """The source of a file or folder, given relative to `data/full`; None if there is none."""
    for name, source in sources().items():
        for path in source.expected:
            whole = PurePosixPath(source.folder) / path
            if PurePosixPath(wanted).is_relative_to(whole):
                return name
    return None
