"""What a training stores of its config; the committed results, recomputed on data made anew."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from mmengine.config import Config

from bench.catalog.load import load_catalog
from bench.measure.recheck import _other_settings
from bench.measure.run_config import portable, resolved_config
from bench.paths import ROOT, config_files
from tests.factories import trained

CATALOG = load_catalog()
#: One run for each family and data set, by the folder of its config.
RUNS = {
    (config_files()[run.config].parent.name, run.dataset): name
    for name, run in CATALOG.runs.items()
    if run.config in config_files()
}
COMMITTED = ROOT / "reports" / "measured"


@pytest.mark.parametrize("name", sorted(RUNS.values()))
def test_the_config_that_is_stored_with_a_result_is_the_zoos(name, tmp_path):
    run = CATALOG.run(name)
    file = tmp_path / "seed-7.config.json"
    file.write_bytes(portable(resolved_config(run, "smoke", 7)))
    assert _other_settings(Config.fromfile(file), run, trained(name, 7, 1.0)) == []


def test_committed_results_of_every_paper_are_verified_in_a_process_of_their_own(tmp_path: Path):
    first: dict[str, Path] = {}
    for result in sorted(COMMITTED.glob("smoke/*/seed-*.json")):
        first.setdefault(result.parent.name.partition("-")[0], result)
    assert first.keys() == CATALOG.papers.keys()
    done = subprocess.run(
        [sys.executable, "-m", "bench.cli", "verify", *map(str, first.values())],
        cwd=ROOT,
        env={**os.environ, "REPROPOSE_WORKSPACE": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (
        f"{len(first)} verified, 0 recorded, 0 unchecked, 0 mismatch" in done.stderr + done.stdout
    )
