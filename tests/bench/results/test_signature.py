"""The two commands of SECURITY.md: a manifest is signed and checked with minisign, offline."""

import shutil
import subprocess
from pathlib import Path

import pytest

from bench.results import manifest
from bench.results.store import Store

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not shutil.which("minisign"), reason="minisign is not installed"),
]


def minisign(*arguments: str | Path) -> int:
    command = ["minisign", *map(str, arguments)]
    return subprocess.run(command, input=b"\n\n", capture_output=True).returncode


def test_a_rewritten_manifest_no_longer_has_the_signature(store: Store, make, tmp_path):
    stored = store.write(make.timed(tiny_a=30.0))
    signed, public, secret = (
        store.root / manifest.NAME,
        tmp_path / "key.pub",
        tmp_path / "key.sec",
    )
    assert minisign("-G", "-W", "-p", public, "-s", secret) == 0
    assert minisign("-S", "-s", secret, "-m", signed) == 0
    assert minisign("-V", "-p", public, "-m", signed) == 0
    stored.path.write_bytes(stored.path.read_bytes().replace(b"30.0", b"3.0"))
    manifest.accept(store.root, ".")  # an editor who knows the manifest
    assert manifest.read(store.root).state(store.root, "timed/tiny.json") == "recorded"
    assert minisign("-V", "-p", public, "-m", signed) != 0
