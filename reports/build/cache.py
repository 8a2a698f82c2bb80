"""A key for everything a page is rendered from: with an equal key the page is unchanged and is not rendered again."""

import hashlib
import io
import pickle
from importlib import metadata
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from reports.views.table import TableView

PROJECT = Path(__file__).parents[2]


def code_key() -> bytes:
    """Hash of the code and templates that turn data into pages and of the versions of the packages that render them."""
    digest = hashlib.sha256()
    for file in sorted([*PROJECT.glob("reports/**/*"), *PROJECT.glob("bench/**/*.py")]):
        if file.suffix in (".py", ".html", ".svg", ".xml"):
            digest.update(file.read_bytes())
    for package in ("jinja2", "markdown-it-py", "pyyaml"):
        digest.update(metadata.version(package).encode())
    return digest.digest()


class Keys:
    """Keys of one build. Parts that many pages share are hashed once; they must stay alive as long as this object."""

    def __init__(self, *common: Any) -> None:
        """common: what every page is rendered from."""
        self._known: dict[int, bytes] = {}
        self._common = code_key() + self._digest(common)

    def of(self, *content: Any) -> str:
        """Key of a page rendered from `content`: data classes, ledger and result objects, plain data; no sets."""
        return hashlib.sha256(self._common + self._digest(content)).hexdigest()

    def shared(self, part: BaseModel | TableView) -> bytes:
        """Hash of a part, computed once."""
        key = id(part)
        if key not in self._known:
            if isinstance(part, BaseModel):
                text = part.model_dump_json()
                self._known[key] = hashlib.sha256(text.encode("utf-8", "replace")).digest()
            else:
                self._known[key] = self._digest(vars(part))
        return self._known[key]

    def _digest(self, content: Any) -> bytes:
        out = io.BytesIO()
        _Pickler(out, self).dump(content)
        return hashlib.sha256(out.getvalue()).digest()


class _Pickler(pickle.Pickler):
    """Serialises content for hashing only, with a shared part replaced by its hash; nothing is ever unpickled."""

    def __init__(self, out: io.BytesIO, keys: Keys) -> None:
        super().__init__(out, protocol=5)
        self._keys = keys

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, BaseModel | TableView):
            return bytes, (self._keys.shared(obj),)
        if isinstance(obj, Path):  # the folder of a gallery, which lists the hashes of its pictures
            return str, (obj.name,)
        return NotImplemented
