"""Stored results are verified on every processor: OKS within 1e-9, everything else exactly."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.catalog.load import load_catalog
from bench.evaluate import verify
from bench.evaluate.matches import Matches
from bench.evaluate.per_person import People
from bench.results.store import Store
from tests.bench.evaluate.golden import DATASETS, GOLDEN
from tests.conftest import ROOT

pytestmark = pytest.mark.process

PROCESSORS = {"as it is": {}, "without AVX-512": {"NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL"}}


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the golden results; the data are made by the first test."""
    folder = tmp_path_factory.mktemp("golden") / "workspace"
    shutil.copytree(GOLDEN, folder)
    return folder


def verified(folder: Path, **processor: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"REPROPOSE_WORKSPACE": str(folder), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "ignore", "-m", "bench.cli", "verify", "--all"]
    return subprocess.run(
        command, cwd=folder, env=environment | processor, capture_output=True, text=True
    )


@pytest.mark.parametrize("processor", PROCESSORS)
def test_golden_results_are_verified(golden: Path, processor: str):
    done = verified(golden, **PROCESSORS[processor])
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line.split()[:2] for line in done.stdout.splitlines()]
    states = {file: state for state, file in lines if file.startswith("results/")}
    named = {f"results/submitted/golden/{dataset}-smoke.json:": "verified" for dataset in DATASETS}
    assert states == named


CHANGES = {
    "an OKS by 1e-8": ("score", lambda a: a + 1e-8 * (np.arange(len(a)) == 3)),
    "an OKS to none": ("score", lambda a: np.where(np.arange(len(a)) == 3, np.nan, a)),
    "OKS in single precision": ("score", lambda a: a.astype(np.float32)),
    "a person": ("person", lambda a: a + (np.arange(len(a)) == 3)),
    "an image": ("image", lambda a: a + (np.arange(len(a)) == 0)),
    "a detection": ("detection", lambda a: a[::-1]),
    "an error kind": ("kinds", lambda a: np.where(a == 3, 2, a).astype(a.dtype)),
    "one person less": ("score", lambda a: a[:-1]),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("dataset", ["coco", "crowdpose"])
def test_what_was_changed_is_still_found(
    golden: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, dataset: str
):
    folder = tmp_path / "workspace"
    shutil.copytree(golden, folder)
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(folder))
    file = folder / f"results/submitted/golden/{dataset}-smoke.people.npz"
    field, change = CHANGES[name]
    people = People.load(file)
    replace(people, **{field: change(getattr(people, field))}).save(file)
    [check] = verify.verify(load_catalog(), *_results(folder, f"{dataset}-smoke.json"))
    assert (check.state, check.reason.split(";")[0]) == (
        "mismatch",
        f"{file.name} has other people",
    )


def _results(folder: Path, name: str) -> tuple[Store, list[verify.Checkable]]:
    store = Store(root=folder / "results", measured=folder / "none")
    return store, [one for one in verify.checkable(store, []) if one.path.name == name]


def test_a_hit_that_was_changed_is_still_found(
    golden: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = tmp_path / "workspace"
    shutil.copytree(golden, folder)
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(folder))
    file = folder / "results/submitted/golden/coco-smoke.matches.npz"
    matches = Matches.load(file)
    matches.hit[0, 0] = not matches.hit[0, 0]
    matches.save(file)
    [check] = verify.verify(load_catalog(), *_results(folder, "coco-smoke.json"))
    assert check == ("results/submitted/golden/coco-smoke.json", "mismatch", check.reason)
    assert check.reason == "coco-smoke.matches.npz has other matches"


@pytest.mark.parametrize("apart", [0.0, 1e-16, 9e-10])
def test_oks_apart_by_last_bits_are_the_same(apart: float):
    kept = np.array([0.0, 0.3, 1.0])
    assert verify._same(kept, kept + apart)
    assert not verify._same(kept, kept + apart + 1.1e-9)
