"""`repropose selfcheck`: equal trainings are equal, and the first difference is named."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from bench.errors import EnvironmentProblem
from bench.measure import selfcheck

WORK = Path("work/smoke") / selfcheck.NAME / "seed-0"
STEM = Path("results/smoke") / selfcheck.NAME


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """What two equal trainings leave, with made-up content."""
    first = tmp_path / "first"
    for folder in (WORK, STEM, Path(selfcheck.DATA).parent):
        (first / folder).mkdir(parents=True)
    (first / selfcheck.DATA).write_text("{}")
    (first / WORK / "untrained.json").write_text("[]")
    torch.save({"a": torch.zeros(3), "b": torch.ones(2)}, first / WORK / "final.pth")
    for ending in ("predictions.json.gz", "people.npz", "matches.npz"):
        (first / STEM / f"seed-0.{ending}").write_bytes(b"x")
    (first / STEM / "seed-0.json").write_text(json.dumps({"metrics": {"AP": 1.0}, "date": 1}))
    second = tmp_path / "second"
    shutil.copytree(first, second)
    return first, second


def compared(two: tuple[Path, Path]) -> dict[str, str]:
    """What differs -> how."""
    found = list(selfcheck._compared(*two, "again"))
    assert len(found) == 7
    return {one.what: one.detail for one in found if not one.equal}


def test_equal_trainings_are_equal_whatever_their_dates(two):
    (two[1] / STEM / "seed-0.json").write_text(json.dumps({"metrics": {"AP": 1.0}, "date": 2}))
    assert compared(two) == {}


def test_what_differs_is_named(two):
    torch.save({"a": torch.zeros(3), "b": torch.ones(2) + 0.5}, two[1] / WORK / "final.pth")
    (two[1] / WORK / "untrained.json").write_text("[1]")
    (two[1] / STEM / "seed-0.json").write_text(json.dumps({"metrics": {"AP": 2.0}}))
    assert compared(two) == {
        "untrained network, again": "untrained.json differs",
        "trained weights, again": "1 of 2 tensors, first b, by up to 0.5",
        "metrics, again": "metrics",
    }


def test_a_training_that_breaks_is_reported(tmp_path, monkeypatch):
    monkeypatch.setattr(selfcheck, "_train", _breaks)
    with pytest.raises(EnvironmentProblem, match="ended with status 3"):
        selfcheck._run(tmp_path, 1, None)


def _breaks(*_: object) -> None:
    raise SystemExit(3)


@pytest.mark.slow
def test_this_machine_gives_equal_numbers(tmp_path):
    outcomes, _ = selfcheck.timed(tmp_path)
    assert [one for one in outcomes if not one.equal] == []
    assert len(outcomes) == 15
