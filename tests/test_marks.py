"""The guard of tests/conftest.py, in a pytest of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

STARTS = {
    "popen": "subprocess.run([sys.executable, '-c', ''])",
    "system": "os.system('true')",
    "fork": "os.fork() or os._exit(0)",
    "posix_spawn": "os.posix_spawn('/bin/true', ['true'], {})",
    "multiprocessing": "multiprocessing.get_context('spawn').Process(target=print).start()",
    "swallowed": "try: subprocess.run(['true'])\n    except Exception: pass",
    "torch": "import torch",
}
HEAD = "import multiprocessing, os, subprocess, sys, pytest\n"


@pytest.mark.process
def test_what_a_quick_test_may_not_do_fails_without_its_mark_and_passes_with_it(tmp_path: Path):
    """And so under the name of a fixture that opens a browser or starts DVC; each with the reason."""
    text = HEAD + "@pytest.fixture\ndef project(): subprocess.run(['true'])\n"
    text += "def test_harmless(): pass\ndef test_fixture(project): pass\n"
    for name, code in STARTS.items():
        text += f"def test_{name}():\n    {code}\n"
    text += f"@pytest.mark.process\ndef test_marked():\n    {STARTS['popen']}\n"
    (tmp_path / "test_it.py").write_text(text)
    options = [
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
        "-rA",
        "--tb=line",
        "-o",
        "markers=process",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--rootdir", str(tmp_path), "test_it.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    found = {
        name: outcome for outcome, name in re.findall(r"^(\w+) \S+::test_(\w+)", done.stdout, re.M)
    }
    assert found == {
        "harmless": "PASSED",
        "fixture": "PASSED",
        "marked": "PASSED",
        **dict.fromkeys(STARTS, "FAILED"),
    }, done.stdout
    assert done.stdout.count("starts a process without the mark `process`") >= len(STARTS) - 1
    assert "imports torch without the mark `network`" in done.stdout
