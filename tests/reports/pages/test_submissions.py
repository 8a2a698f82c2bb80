"""External predictions on the leaderboard and on their page: a group of their own, labelled, escaped."""

from pathlib import Path

from bench.results.store import Store
from reports.site import build
from tests.factories import make, submission
from tests.reports.conftest import read

PROTOCOL = {"data": "coco-real", "split": "coco-val2017", "boxes": "detector-56.4"}
SMALL = {"papers": 1, "tables": 1, "rows": 3}


def test_submissions_are_ranked_separately_from_papers_and_runs(tmp_path: Path):
    snapshot, catalog, _ = make(**SMALL)
    store = Store(tmp_path / "results", tmp_path / "measured")
    store.write(submission("one", 70.0, "<script>alert(1)</script>"))
    store.write(submission("two", 80.0, "Two"))
    site = build(snapshot, catalog, store, tmp_path / "site").out
    page = read(site / "leaderboard.html")
    [group] = [g for g in page.iter("tbody") if g.get("id") == "s1"]
    words = " ".join("".join(group.itertext()).split())
    assert "external predictions" in words
    assert words.index("Two") < words.index("<script>alert(1)</script>")
    assert "submitted by <b>A. Stranger</b>" in words
    rows = [row for row in group.iter("tr") if row.get("data-origin")]
    assert [row.get("data-evidence") for row in rows] == ["submitted", "submitted"]
    assert [row.find("td").text for row in rows] == ["1", "2"]
    assert not list(group.iter("script"))
    others = [g for g in page.iter("tbody") if g.get("id") != "s1"]
    assert others
    assert not [g for g in others if "Stranger" in "".join(g.itertext())]


def test_a_submission_on_a_subset_says_so_and_is_ranked_separately(tmp_path: Path):
    snapshot, catalog, _ = make(**SMALL)
    store = Store(tmp_path / "results", tmp_path / "measured")
    store.write(submission("one", 70.0, "One"))
    part = submission("two", 80.0, "Two")
    cut = {**PROTOCOL, "subset": "50 of 5000 test"}
    store.write(part.model_copy(update={"protocol": cut}))
    page = read(build(snapshot, catalog, store, tmp_path / "site").out / "leaderboard.html")
    groups = [
        " ".join("".join(group.itertext()).split())
        for group in page.iter("tbody")
        if (group.get("id") or "").startswith("s")
    ]
    assert len(groups) == 2
    assert all(("only 50 of 5000 test" in group) == ("Two" in group) for group in groups)


def test_a_submission_shows_its_card_its_metrics_and_its_provenance(tmp_path: Path):
    snapshot, catalog, _ = make(**SMALL)
    store = Store(tmp_path / "results", tmp_path / "measured")
    file = store.write(submission("one", 70.0, "One")).file
    site = build(snapshot, catalog, store, tmp_path / "site").out
    [row] = [r for r in read(site / "leaderboard.html").iter("tr") if r.get("class") == "submitted"]
    [link] = row.iter("a")
    page, anchor = link.get("href").split("#")
    [section] = [s for s in read(site / page).iter("section") if s.get("id") == anchor]
    words = " ".join("".join(section.itertext()).split())
    for expected in (
        "<b>A. Stranger</b>",
        "COCO train2017 <i>and more</i>",
        "a trial with <img src=x onerror=alert(1)>",
        "AP70",
        f"repropose verify {file}",
    ):
        assert expected in words
    assert "https://example.org/my-net" in [a.get("href") for a in section.iter("a")]
    assert not list(section.iter("img"))


def test_submissions_of_one_name_say_what_each_was_evaluated_on(tmp_path: Path):
    snapshot, catalog, _ = make(**SMALL)
    store = Store(tmp_path / "results", tmp_path / "measured")
    real = submission("one", 70.0, "One")
    small = {"data": "coco-synthetic", "split": "coco-synthetic-val", "subset": "50 of 300 test"}
    store.write(real)
    store.write(real.model_copy(update={"tier": "smoke", "protocol": {**PROTOCOL, **small}}))
    page = read(build(snapshot, catalog, store, tmp_path / "site").out / "submissions.html")
    texts = [" ".join("".join(s.itertext()).split()) for s in page.iter("section")]
    texts = [words for words in texts if "A. Stranger" in words]
    assert texts[0].startswith("One on coco-synthetic-val, only 50 of 300 test Evaluated on")
    assert "coco-synthetic, smoke tier: synthetic people" in texts[0]
    assert texts[1].startswith("One on COCO val2017 Evaluated oncoco-real, full tier")


def test_without_submissions_the_page_says_how_to_add_one(tmp_path: Path):
    snapshot, catalog, _ = make(**SMALL)
    store = Store(tmp_path / "results", tmp_path / "measured")
    page = read(build(snapshot, catalog, store, tmp_path / "site").out / "submissions.html")
    assert "repropose submit" in "".join(page.itertext())
