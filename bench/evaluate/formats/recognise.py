"""Which format a file or folder of predictions has, and its conversion to COCO result entries."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from bench.catalog.schema import Layout
from bench.errors import DataError
from bench.evaluate.entry_errors import Part
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
    """COCO result entries; the files where they are their own entries, for line numbers; notes."""

    entries: list[Any]
    parts: Sequence[Part]
    notes: list[str]


def convert(
    path: Path, dataset: Layout, images: ImageIndex, reading: Reading, person: int = 1
) -> Converted:
    """The entries of a file or folder in any known format; `reading.form` overrules what is recognised.

    person: the category id that converted entries get.

    Raises `DataError` for content that is of no known format, or that lacks what only the user can know.
    """
    documents = _folder(path) if path.is_dir() else [_document(path, read_bytes(path))]
    first = next((one for one in documents if one.data != []), documents[0])  # [] is nobody
    name = reading.form or _recognised(path, first.data)
    if name == "coco":
        return _results(path, documents, reading)
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
    return Converted(entries, (), [f"{notes[0]} ({how})", *notes[1:]])


def _results(path: Path, documents: Sequence[Document], reading: Reading) -> Converted:
    """COCO results as they are; several files are joined."""
    if reading.score or reading.images:
        raise DataError(
            "--score and --image-ids are for other tools' formats; COCO entries have both"
        )
    for one in documents:
        if not coco_files.is_results(one.data) or _likeness(one.data) in ("yolo", "mmpose"):
            raise DataError(f"{one.name} is not of the format coco; {_advice(one.data)}")
    notes = [f"entries of {len(documents)} files in {path} are joined"] * (len(documents) > 1)
    parts = [Part(one.name, one.raw, len(one.data)) for one in documents]
    return Converted([entry for one in documents for entry in one.data], parts, notes)


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
    """What the content looks like, and what to do."""
    found = _likeness(data) or ("coco" if coco_files.is_results(data) else "")
    if found:
        return f"it looks like {found}: give files of one format, and the right --format"
    return f"known formats are {', '.join(FORMATS)}; leave other files out"


def _folder(path: Path) -> list[Document]:
    """The files of a folder, one per image: all JSON, or all label files, whichever there are.

    Files of the same name in several folders keep the folder as part of their name. Raises `DataError` for both or
    neither, and for too many.
    """
    files: dict[str, list[Path]] = {".json": [], ".txt": [], ".xml": []}
    for one in sorted(path.rglob("*")):
        hidden = any(part.startswith(".") for part in one.relative_to(path).parts)
        ending = PurePath(one.name.lower().removesuffix(".gz")).suffix
        if ending in files and one.is_file() and not hidden:
            files[ending].append(one)
    kinds = [suffix for suffix, found in files.items() if found]
    if len(kinds) != 1:
        there = " and ".join(f"{len(files[kind])} {kind}" for kind in kinds) or "no .json or .txt"
        raise DataError(f"{path} has {there} files; give a folder with a tool's files of one kind")
    chosen = files[kinds[0]]
    if len(chosen) > MAX_FILES or sum(one.stat().st_size for one in chosen) > MAX_BYTES:
        raise DataError(
            f"{path} has {len(chosen)} files, or too large ones; at most {MAX_FILES} are read"
        )
    documents = [_document(one, read_bytes(one)) for one in chosen]
    stems = Counter(one.stem for one in documents)
    return [
        replace(one, stem=str(file.relative_to(path).with_name(one.stem)))
        if stems[one.stem] > 1
        else one
        for one, file in zip(documents, chosen, strict=True)
    ]


def _document(path: Path, raw: bytes) -> Document:
    """A parsed file. Raises `DataError`; a pickle is never read, since that runs code in it."""
    if path.suffix in (".pkl", ".pickle") or raw.startswith(_PICKLES):
        raise DataError(
            f"{path} is not readable JSON but a Python pickle, which can run code and is never read; in MMPose "
            "set test_evaluator.outfile_prefix, and CocoMetric writes <prefix>.keypoints.json"
        )
    stem = path.name.removesuffix(".gz").rpartition(".")[0] or path.name
    text = raw.lstrip(b"\xef\xbb\xbf \t\r\n")
    ending = PurePath(path.name.lower().removesuffix(".gz")).suffix
    if text.startswith(b"<") or ending in (".txt", ".xml"):
        encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        try:
            return Document(str(path), stem, raw.decode(encoding), raw)
        except UnicodeDecodeError as error:
            raise DataError(
                f"{path} is not text in UTF-8: {error.reason}; save it as UTF-8"
            ) from None
    return Document(str(path), stem, parse_json(raw, str(path)), raw)
