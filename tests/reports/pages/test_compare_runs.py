"""Two results side by side, and what the index says of who measured what."""

from pathlib import Path

import numpy as np
import pytest

from bench.errors import ResultError, UnknownName
from bench.evaluate.matches import Matches
from bench.evaluate.per_person import People
from reports.pages.compare_runs import benches, find, pair, table_of
from reports.pages.findings import findings
from reports.site import build
from reports.views.results import Measured
from tests.factories import Memory, make


@pytest.fixture
def store(tmp_path: Path) -> Memory:
    """Seeds 0 and 1 of a run with people of their own, seed 2 with other people."""
    _, _, found = make()
    for seed, (first, scores) in enumerate([(0, [0.4, 0.9]), (0, [0.6, 0.95]), (5, [0.6, 0.95])]):
        path = tmp_path / f"results/lab/paper0-run0/seed-{seed}.people.npz"
        path.parent.mkdir(parents=True, exist_ok=True)
        ids = np.arange(2) + first
        kinds = np.zeros((2, 17), np.int8)
        People(ids, ids, np.zeros(2, np.int64), np.array(scores), kinds).save(path)
    return Memory(found.results, tmp_path)


def test_two_seeds_differ_by_the_images_that_flipped(store: Memory) -> None:
    found = pair(find(store, "paper0-run0", "lab"), find(store, "paper0-run0/seed-1", "lab"))
    assert found.flips == [(0, 0.4, 0.6)]
    assert found.protocols == []
    assert table_of(found)[0] == {
        "metric": "AP", "first": 60.0, "second": 60.2, "difference": 0.2, "interval": None,
    }  # fmt: skip


def test_results_of_different_people_are_not_compared_image_by_image(store: Memory) -> None:
    with pytest.raises(ResultError, match="not of the same people"):
        pair(find(store, "paper0-run0", "lab"), find(store, "paper0-run0/seed-2", "lab"))


def test_without_stored_people_what_flipped_is_not_known(store: Memory) -> None:
    assert pair(find(store, "paper0-run0", "lab"), find(store, "paper0-run1", "lab")).flips is None


@pytest.mark.parametrize(
    ("name", "told"), [("nobody", "paper0-run0"), ("paper0-run0/seed-9", "seed-0")]
)
def test_an_unknown_result_is_told_with_what_there_is(store: Memory, name: str, told: str) -> None:
    with pytest.raises(UnknownName, match=told):
        find(store, name, "lab")


def test_the_page_groups_results_by_the_people_they_saw(store: Memory) -> None:
    groups = benches(Measured.of(store))
    assert sorted(len(one.sides) for one in groups if one.images) == [1, 2]
    assert sum(len(one.sides) for one in groups) == len(store.accuracies())
    both = next(one for one in groups if len(one.sides) == 2)
    assert both.images == (0, 1)
    assert both.data == "synthetic-v1"
    assert [side.scores for side in both.sides] == [(40, 90), (60, 95)]
    assert [side.right for side in both.sides] == [1, 2]


def test_the_difference_of_ap_has_an_interval_where_matches_are_stored(store: Memory) -> None:
    ids, people = np.arange(30), np.ones(30, dtype=np.int64)
    hit = np.zeros((10, 30), dtype=bool)
    for seed, share in enumerate((10, 25)):
        hit[:, :share] = True
        path = store.folder / f"results/lab/paper0-run0/seed-{seed}.matches.npz"
        Matches(ids, people, ids, hit.copy(), np.zeros_like(hit)).save(path)
    found = pair(find(store, "paper0-run0", "lab"), find(store, "paper0-run0/seed-1", "lab"))
    assert found.ap is not None
    assert found.ap.interval is not None
    assert found.ap.interval[0] > 0
    assert table_of(found)[0]["interval"]


def test_the_index_tells_who_measured_what_when_and_on_what(plain: Path) -> None:
    _, _, results = make()
    (lab,) = [one for one in Measured.of(results).sessions if dict(one.kinds).get("lab run")]
    assert dict(lab.kinds) == {"count": 20, "lab run": 60}
    assert lab.days == ("2026-01-30",)
    assert lab.data == ("synthetic-v1",)
    page = (plain / "index.html").read_text("utf-8")
    for text in (
        "20 counts, 60 lab runs",
        "NVIDIA H200, cpu: 16 cores",
        "0123456789ab",
        "2026-01-30",
    ):
        assert text in page


def test_stale_figures_are_not_counted_as_refuted(tmp_path: Path) -> None:
    snapshot, catalog, results = make(papers=1)
    stale = [v.model_copy(update={"verdict": "stale"}) if v.value else v for v in snapshot.verdicts]
    build(snapshot.model_copy(update={"verdicts": tuple(stale)}), catalog, results, tmp_path)
    page = (tmp_path / "papers" / "paper0.html").read_text("utf-8")
    assert "measured before the code changed" in page
    assert "compared accuracy figures" not in page


def test_a_paper_without_figures_has_no_findings() -> None:
    assert findings("p", [], [], 0, 0) == ()


def test_a_finding_on_claims_says_what_they_were_judged_by() -> None:
    """Judged by hand: two fail on timings, one holds by counting."""
    snapshot, _, _ = make(papers=1, claims=4)
    judged = [("fails", "timed"), ("fails", "timed"), ("holds", "counted"), ("open", None)]
    claims = [
        one.model_copy(
            update={
                "on_reproduced": one.on_reproduced.model_copy(
                    update={"holds": holds, "evidence": evidence}
                )
            }
        )
        for one, (holds, evidence) in zip(snapshot.claims, judged, strict=True)
    ]
    told = [one.text for one in findings("paper0", [], claims, 0, 0)]
    assert told[0].startswith("2 claims fail on reproduced numbers (timed), for example: ")
    assert told[1] == (
        "Of 3 claims judged on reproduced numbers (1 counted, 2 timed) 1 holds, 2 fail, "
        "0 are inconclusive; 1 more is open."
    )


def test_the_index_counts_as_measured_only_cells_with_a_measurement(plain: Path) -> None:
    snapshot, _, _ = make()
    judged = [v.verdict for v in snapshot.verdicts if v.verdict not in ("setting", "empty")]
    measured = [v for v in judged if v not in ("quoted", "not-run", "failed")]
    page = (plain / "index.html").read_text("utf-8")
    assert f"{len(judged)} printed figures." in page
    assert f"{len(measured)} of them have something measured here" in page
