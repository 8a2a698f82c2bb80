"""Submissions that another machine sends: of one name there is one."""

from pathlib import Path
from typing import Any

import pytest

from bench.catalog.load import load_catalog
from bench.evaluate import merge
from bench.evaluate.verify import Check, Recheck
from bench.results.store import Store
from tests.factories import submission


def test_another_submission_of_the_same_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def verified(catalog: Any, store: Any, results: Any, more: Any) -> list[Check]:
        return [Check(results[0].file, "verified", "")]

    monkeypatch.setattr(merge, "verify", verified)
    here = Store(tmp_path / "here", tmp_path / "none")
    there = Store(tmp_path / "there", tmp_path / "none")
    here.write(submission("my-net", 50.0, "mine"))
    before = (here.root / "manifest.txt").read_bytes()
    states = []
    for title in ("mine", "another"):
        there.write(submission("my-net", 50.0, title))
        found = merge.merge(load_catalog(), here, there.root, lambda *_: Recheck())
        states += [(one.state, one.reason) for one in found]
    assert [state for state, _ in states] == ["equal", "refused"]
    assert "another submission has its name, results/submitted/my-net/" in states[1][1]
    assert (here.root / "manifest.txt").read_bytes() == before
