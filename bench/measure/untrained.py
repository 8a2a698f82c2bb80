"""What a network predicts before its training, kept in the work folder."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench.files import read_json, write_atomically
from bench.measure.predict import predict
from bench.results.inputs import combined
from bench.results.provenance import sha256


def predictions_before(
    cfg: Any, work: Path, inputs: Mapping[str, str], initial: Callable[[], Any]
) -> list[dict[str, Any]]:
    """Predictions of `initial()` on the test split; kept while the inputs of the result are the same."""
    kept, stamp = work / "untrained.json", work / "untrained.key"
    if not (kept.is_file() and stamp.is_file() and stamp.read_bytes() == _stamp(inputs, kept)):
        found = predict(cfg, initial(), work)
        write_atomically(kept, json.dumps(found).encode())
        write_atomically(stamp, _stamp(inputs, kept))
    return list(read_json(kept))


def _stamp(inputs: Mapping[str, str], kept: Path) -> bytes:
    """What these predictions were made from, and their digest: damaged or edited ones are made again."""
    return f"{combined([], inputs)} {sha256(kept)}".encode()
