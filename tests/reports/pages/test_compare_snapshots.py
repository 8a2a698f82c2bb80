"""Comparing two snapshots."""

from pathlib import Path

import pytest

from bench.judge.records import Snapshot
from reports.build.writer import SiteError
from reports.pages.compare_snapshots import compare, read
from reports.site import build
from tests.factories import make


def changed() -> tuple[Snapshot, Snapshot]:
    """Two snapshots: one verdict, one value and one claim differ."""
    before, _, _ = make()
    verdicts = list(before.verdicts)
    at = [i for i, v in enumerate(verdicts) if v.verdict == "reproduced"][:2]
    verdicts[at[0]] = verdicts[at[0]].model_copy(update={"verdict": "deviates"})
    verdicts[at[1]] = verdicts[at[1]].model_copy(update={"value": verdicts[at[1]].value + 0.25})
    claim = before.claims[0]
    judged = claim.on_reproduced.model_copy(update={"holds": "fails", "evidence": "counted"})
    claims = (claim.model_copy(update={"on_reproduced": judged}), *before.claims[1:])
    return before, before.model_copy(update={"verdicts": tuple(verdicts), "claims": claims})


def test_comparing_finds_changed_verdicts_and_values() -> None:
    found = compare(*changed())
    assert [change.words for change in found.flipped] == [("matches", "differs")]
    assert [change.moved for change in found.moved] == [pytest.approx(0.25)]
    assert [change.words for change in found.claims] == [("holds", "fails (counted)")]
    assert compare(changed()[0], changed()[0]).changes == ()


def test_the_page_shows_each_changed_verdict(tmp_path: Path) -> None:
    before, after = changed()
    _, catalog, store = make()
    build(after, catalog, store, tmp_path, previous=before)
    assert "matches → <b>differs</b>" in (tmp_path / "compare.html").read_text("utf-8")


def test_a_site_contains_its_snapshot_for_a_later_comparison(plain: Path) -> None:
    snapshot, _, _ = make()
    assert compare(read(plain / "snapshot.json"), snapshot).changes == ()


def test_a_file_that_is_not_a_snapshot_is_refused_with_its_name(tmp_path: Path) -> None:
    file = tmp_path / "old.json"
    file.write_text('{"verdicts": 3}')
    with pytest.raises(SiteError, match=r"old\.json: not a snapshot"):
        read(file)
    with pytest.raises(SiteError, match=r"none\.json: cannot be read"):
        read(tmp_path / "none.json")
