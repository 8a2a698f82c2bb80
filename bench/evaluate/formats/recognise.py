"""Which format a file or folder of predictions has, and its conversion to COCO result entries."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.catalog.schema import Layout
from bench.errors import DataError
from bench.evaluate.formats import (
    FORMATS,
    alphapose,
    coco_files,
    cvat,
    mmpose_json,
    openpose,
    ultralytics,
)
from bench.evaluate.formats.people import Document, Found, Reading, result_entries
from bench.evaluate.image_index import ImageIndex
from bench.files import MAX_BYTES, parse_json, read_bytes

MAX_FILES = 200_000
_PICKLES = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))


class Format(NamedTuple):
    """How a format is recognised by its content, and read."""

    recognises: Callable[[Any], bool]
    read: Callable[[Sequence[Document], Layout], Found]


_FORMATS: Mapping[str, Format] = {
    "coco-annotations": Format(coco_files.recognises, coco_files.read),
    "yolo": Format(ultralytics.recognises, ultralytics.read),
    "openpose": Format(openpose.recognises, openpose.read),
    "alphapose": Format(alphapose.recognises, alphapose.read),
    "mmpose": Format(mmpose_json.recognises, mmpose_json.read),
    "cvat": Format(cvat.recognises, cvat.read),
}


class Converted(NamedTuple):
    """COCO result entries; the file's text where they are its own, for line numbers; notes."""

    entries: list[Any]
    raw: bytes | None
    notes: list[str]


def convert(
    path: Path, dataset: Layout, images: ImageIndex, reading: Reading, person: int = 1
) -> Converted:
    """The entries of a file or folder in any known format; `reading.form` overrules what is recognised.

    person: the category id that converted entries get.

    Raises `DataError` for content that is of no known format, or that lacks what only the user can know.
    """
    raw = None if path.is_dir() else read_bytes(path)
    documents = _folder(path) if raw is None else [_document(path, raw)]
    first = next((one for one in documents if one.data != []), documents[0])  # [] is nobody
    name = reading.form or _recognised(path, first.data)
    if name == "coco":
        return _results(path, documents, raw, reading)
    if dataset == "mpii":
        raise DataError(
            f"{path} is read as {name}, which does not say which annotated person each prediction is of; "
            "MPII needs that: give COCO entries with image_id, the position in mpii_val.json, or pred.mat"
        )
    for one in documents:
        if not _FORMATS[name].recognises(one.data) and one.data != []:
            raise DataError(f"{one.name} is not of the format {name}; {_advice(one.data)}")
    filled = [one for one in documents if one.data != []]
    entries, notes = result_entries(
        _FORMATS[name].read(filled, dataset), dataset, images, reading, name, person
    )
    how = "--format" if reading.form else "recognised by its content; --format chooses another"
    return Converted(entries, None, [f"{notes[0]} ({how})", *notes[1:]])


def _results(
    path: Path, documents: Sequence[Document], raw: bytes | None, reading: Reading
) -> Converted:
    """COCO results as they are; several files are joined."""
    if reading.score or reading.images:
        raise DataError(
            "--score and --image-ids are for other tools' formats; COCO entries have both"
        )
    for one in documents:
        if not coco_files.is_results(one.data) or _likeness(one.data) in ("yolo", "mmpose"):
            raise DataError(f"{one.name} is not of the format coco; {_advice(one.data)}")
    notes = [f"entries of {len(documents)} files in {path} are joined"] * (len(documents) > 1)
    return Converted([entry for one in documents for entry in one.data], raw, notes)


def _recognised(path: Path, data: Any) -> str:
    if found := _likeness(data):
        return found
    if coco_files.is_results(data):
        return "coco"
    kind = "text" if isinstance(data, str) else f"a JSON {type(data).__name__}"
    raise DataError(
        f"{path} is {kind}; predictions are a list of entries, or in one of the formats {', '.join(FORMATS)}"
    )


def _likeness(data: Any) -> str:
    """The first format, but for coco, that recognises the content; '' if none does."""
    return next((name for name, form in _FORMATS.items() if form.recognises(data)), "")


def _advice(data: Any) -> str:
    found = _likeness(data)
    return f"it looks like {found}" if found else f"known formats are {', '.join(FORMATS)}"


def _folder(path: Path) -> list[Document]:
    """The files of a folder, one per image: all JSON, or all label files, whichever there are.

    Raises `DataError` for both or neither, and for too many.
    """
    files: dict[str, list[Path]] = {".json": [], ".txt": [], ".xml": []}
    for one in sorted(path.rglob("*")):
        hidden = any(part.startswith(".") for part in one.relative_to(path).parts)
        if one.suffix in files and one.is_file() and not hidden:
            files[one.suffix].append(one)
    kinds = [suffix for suffix, found in files.items() if found]
    if len(kinds) != 1:
        there = " and ".join(f"{len(files[kind])} {kind}" for kind in kinds) or "no .json or .txt"
        raise DataError(f"{path} has {there} files; give a folder with a tool's files of one kind")
    chosen = files[kinds[0]]
    if len(chosen) > MAX_FILES or sum(one.stat().st_size for one in chosen) > MAX_BYTES:
        raise DataError(
            f"{path} has {len(chosen)} files, or too large ones; at most {MAX_FILES} are read"
        )
    return [_document(one, read_bytes(one)) for one in chosen]


def _document(path: Path, raw: bytes) -> Document:
    """A parsed file. Raises `DataError`; a pickle is never read, since that runs code in it."""
    if path.suffix in (".pkl", ".pickle") or raw.startswith(_PICKLES):
        raise DataError(
            f"{path} is not readable JSON but a Python pickle, which can run code and is never read; in MMPose "
            "set test_evaluator.outfile_prefix, and CocoMetric writes <prefix>.keypoints.json"
        )
    stem = path.name.removesuffix(".gz").rpartition(".")[0] or path.name
    text = raw.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"<") or path.suffix == ".txt":
        try:
            return Document(str(path), stem, raw.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise DataError(f"{path} is not text in UTF-8: {error.reason}") from None
    return Document(str(path), stem, parse_json(raw, str(path)))
