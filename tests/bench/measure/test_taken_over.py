"""A finished training with the same key is taken over: runs of one configuration are trained once."""

from pathlib import Path

import pytest

from bench.measure import work_dir


@pytest.fixture
def finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The work folder of a finished training: run `one`, seed 0, key `k`."""
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path))
    work = work_dir.of("smoke", "one", 0)
    work_dir.claim(work, "k")
    (work / "final.pth").write_bytes(b"weights")
    (work / "curve.jsonl").write_text("[20, 0.5]\n")
    (work / "batch.json").write_text('{"images": 8, "together": 4, "processes": [2]}')
    return work


def test_a_training_that_another_run_has_finished_is_taken_over(finished: Path) -> None:
    other = work_dir.of("smoke", "two", 0)
    work_dir.claim(other, "k")
    assert (other / "final.pth").read_bytes() == b"weights"
    assert work_dir.curve(other / "curve.jsonl") == work_dir.curve(finished / "curve.jsonl")
    assert (other / "key").read_text() == "k"
    assert work_dir.batch(other) == {"images": 8, "together": 4, "processes": [2]}
    assert (work_dir.taken_from(other), work_dir.taken_from(finished)) == ("one", None)


@pytest.mark.parametrize(
    ("tier", "seed", "key"),
    [("smoke", 0, "another config, data or start"), ("smoke", 1, "k"), ("lab", 0, "k")],
)
def test_another_key_seed_or_tier_is_another_training(
    finished: Path, tier: str, seed: int, key: str
) -> None:
    other = work_dir.of(tier, "two", seed)
    work_dir.claim(other, key)
    assert [path.name for path in other.iterdir()] == ["key"]


def test_an_unfinished_training_is_not_taken_over(finished: Path) -> None:
    (finished / "final.pth").unlink()
    other = work_dir.of("smoke", "two", 0)
    work_dir.claim(other, "k")
    assert not (other / "final.pth").exists()


def test_a_training_of_an_earlier_state_is_not_taken_over(finished: Path) -> None:
    """Changed code gives the run a new key; its old folder is renamed and no longer found."""
    work_dir.claim(finished, "new")
    assert not (finished / "final.pth").exists()
    other = work_dir.of("smoke", "two", 0)
    work_dir.claim(other, "new")
    assert not (other / "final.pth").exists()
