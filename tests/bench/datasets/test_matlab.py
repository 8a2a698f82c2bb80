"""MATLAB files of strangers: read elsewhere, so that nothing in them ends the program."""

import io
import re
import struct
from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from bench.datasets import matlab
from bench.errors import DataError
from bench.evaluate.metrics import evaluate
from bench.evaluate.predictions import read_predictions

pytestmark = pytest.mark.process


def saved(**arrays: np.ndarray) -> bytes:
    out = io.BytesIO()
    savemat(out, arrays)
    return out.getvalue()


def flipped(raw: bytes, byte: int, bit: int) -> bytes:
    """One bit turned over; with byte 192 (an array's type) SciPy 1.17 dies of a segmentation fault."""
    return raw[:byte] + bytes([raw[byte] ^ 1 << bit]) + raw[byte + 1 :]


def test_arrays_come_back_as_they_were():
    wanted = np.random.default_rng(0).normal(size=(3, 16, 2))
    found = matlab.read_arrays(
        saved(preds=wanted, seen=np.eye(2, dtype=bool)), "it", ["preds", "seen"]
    )
    np.testing.assert_array_equal(found["preds"], wanted)
    np.testing.assert_array_equal(found["seen"], np.eye(2))


def whole_numbers(**values: int) -> bytes:
    """Doubles as MATLAB stores whole ones: as uint8, which SciPy returns as they are stored."""

    def element(kind: int, raw: bytes) -> bytes:
        return struct.pack("<II", kind, len(raw)) + raw + bytes(-len(raw) % 8)

    file = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H", 0x0100) + b"IM"
    for name, value in values.items():
        parts = [struct.pack("<II", 6, 0), struct.pack("<ii", 1, 1), name.encode(), bytes([value])]
        body = (element(kind, raw) for kind, raw in zip((6, 5, 1, 2), parts, strict=True))
        file += element(14, b"".join(body))
    return file


def test_whole_numbers_are_numbers_and_no_bytes():
    """200 to 120 is -80, and not 176 as between bytes."""
    raw = whole_numbers(x1=200, x2=120)
    assert loadmat(io.BytesIO(raw))["x1"].dtype == np.uint8
    found = matlab.read_arrays(raw, "it", ["x1", "x2"])
    assert float((found["x2"] - found["x1"])[0, 0]) == -80


@pytest.mark.parametrize(("byte", "bit"), [(192, 0), (193, 7), (128, 3)])
def test_a_flipped_bit_is_one_line_and_no_crash(byte: int, bit: int, tmp_path: Path):
    (tmp_path / "p.mat").write_bytes(flipped(saved(preds=np.zeros((3, 16, 2))), byte, bit))
    with pytest.raises(DataError, match=r"p\.mat"):
        read_predictions(tmp_path / "p.mat", "mpii", {0, 1, 2})


def test_a_damaged_truth_is_one_line_and_no_crash(tmp_path: Path):
    whole = saved(
        pos_gt_src=np.ones((16, 2, 1)),
        jnt_missing=np.zeros((16, 1)),
        headboxes_src=np.arange(4.0).reshape(2, 2, 1),
    )
    truth = tmp_path / "mpii_gt_val.mat"
    for content in (flipped(whole, 192, 0), whole[:400], b""):
        truth.write_bytes(content)
        with pytest.raises(DataError, match=r"mpii_gt_val\.mat"):
            evaluate("mpii", truth, [])
    truth.write_bytes(
        saved(
            pos_gt_src=np.ones((16, 2, 3)),
            jnt_missing=np.zeros((16, 2)),
            headboxes_src=np.zeros((2, 2, 3)),
        )
    )
    with pytest.raises(DataError, match=r"jnt_missing has the shape \(16, 2\); .* \(16, 3\)"):
        evaluate("mpii", truth, [])


def test_an_excessively_large_array_is_not_read(monkeypatch):
    monkeypatch.setattr(matlab, "MAX_VALUES", 10)
    with pytest.raises(DataError, match="at most 10 numbers"):
        matlab.read_here(saved(preds=np.zeros((3, 4))), ["preds"])


def test_a_reader_that_does_not_finish_is_stopped(monkeypatch):
    monkeypatch.setattr(matlab, "_SECONDS", 0.01)
    with pytest.raises(DataError, match="takes too long"):
        matlab.read_arrays(saved(preds=np.zeros(3)), "it", ["preds"])


def test_scipy_is_not_read_with_where_it_could_crash_the_program():
    """Both of these read in a child process only."""

    root = Path(matlab.__file__).parents[2]
    callers = {
        str(p.relative_to(root))
        for p in (*root.glob("bench/**/*.py"), *root.glob("reports/**/*.py"))
        if re.search(r"\bloadmat\b|\bwhosmat\b", p.read_text())
    }
    assert callers == {"bench/datasets/matlab.py", "bench/datasets/mpii.py"}
