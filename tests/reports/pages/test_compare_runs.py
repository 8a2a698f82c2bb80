"""Comparing two results, and what How it works says about measurements and machines."""

from pathlib import Path

import numpy as np
import pytest

from bench.errors import ResultError, UnknownName
from bench.evaluate.matches import Matches
from bench.evaluate.per_person import People
from bench.results.index import ResultIndex
from reports.pages.compare_runs import comparison_groups, find, pair, table_of
from reports.views.results import sessions
from tests.factories import Memory, make


@pytest.fixture
def store(tmp_path: Path) -> Memory:
    """A run whose seeds 0 and 1 were evaluated on the same people, seed 2 on others."""
    _, _, found = make()
    for seed, (first, scores) in enumerate([(0, [0.4, 0.9]), (0, [0.6, 0.95]), (5, [0.6, 0.95])]):
        path = tmp_path / f"results/lab/paper0-run0/seed-{seed}.people.npz"
        path.parent.mkdir(parents=True, exist_ok=True)
        ids = np.arange(2) + first
        kinds = np.zeros((2, 17), np.int8)
        People(ids, ids, np.zeros(2, np.int64), np.array(scores), kinds).save(path)
    return Memory(found.results, tmp_path)


def test_two_seeds_differ_in_the_images_that_flipped(store: Memory) -> None:
    found = pair(find(store, "paper0-run0", "lab"), find(store, "paper0-run0/seed-1", "lab"))
    assert found.flips == [(0, 0.4, 0.6)]
    assert found.protocols == []
    assert table_of(found)[0] == {
        "metric": "AP", "first": 60.0, "second": 60.2, "difference": 0.2, "interval": None,
    }  # fmt: skip


def test_results_of_different_people_are_not_compared_image_by_image(store: Memory) -> None:
    with pytest.raises(ResultError, match="not of the same people"):
        pair(find(store, "paper0-run0", "lab"), find(store, "paper0-run0/seed-2", "lab"))


def test_without_results_per_person_changed_images_are_not_known(store: Memory) -> None:
    assert pair(find(store, "paper0-run0", "lab"), find(store, "paper0-run1", "lab")).flips is None


@pytest.mark.parametrize(
    ("name", "expected"), [("nobody", "paper0-run0"), ("paper0-run0/seed-9", "seed-0")]
)
def test_an_unknown_result_is_refused_with_the_known_ones(
    store: Memory, name: str, expected: str
) -> None:
    with pytest.raises(UnknownName, match=expected):
        find(store, name, "lab")


def test_the_page_groups_results_by_the_people_they_were_evaluated_on(store: Memory) -> None:
    groups = comparison_groups(ResultIndex(store))
    assert sorted(len(one.results) for one in groups if one.images) == [1, 2]
    assert sum(len(one.results) for one in groups) == len(store.accuracies())
    both = next(one for one in groups if len(one.results) == 2)
    assert both.images == (0, 1)
    assert both.data == "synthetic-v1"
    assert [one.scores for one in both.results] == [(40, 90), (60, 95)]
    assert [one.right for one in both.results] == [1, 2]


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


def test_how_it_works_lists_results_by_machine_with_date_and_data(plain: Path) -> None:
    _, _, results = make()
    (lab,) = [one for one in sessions(ResultIndex(results)) if dict(one.kinds).get("lab run")]
    assert dict(lab.kinds) == {"count": 20, "lab run": 60}
    assert lab.days == ("2026-01-30",)
    assert lab.data == ("synthetic-v1",)
    page = (plain / "how-it-works.html").read_text("utf-8")
    for text in (
        "20 counts, 60 lab runs",
        "NVIDIA H200, cpu: 16 cores",
        "0123456789ab",
        "2026-01-30",
    ):
        assert text in page
