"""External predictions on the leaderboard and on their page: a group of their own, labelled, escaped."""

import json
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
    (group,) = read(site / "boards" / "external.html").iter("tbody")
    words = " ".join("".join(group.itertext()).split())
    assert "external predictions" in words
    assert words.index("Two") < words.index("<script>alert(1)</script>")
    assert "submitted by <b>A. Stranger</b>" in words
    assert [row.get("class") for row in group.iter("tr")] == ["group", "submitted", "submitted"]
    assert not list(group.iter("script"))
    others = [site / "leaderboard.html", *(site / "boards").glob("[!e]*.html")]
    assert len(others) == 1
    assert not [page for page in others if "Stranger" in page.read_text("utf-8")]
    records = json.loads((site / "files" / "leaderboard.json").read_text("utf-8"))["figures"]
    ranks = {one["label"]: one["rank"] for one in records if one["origin"] == "submitted"}
    assert ranks == {"Two": "1", "<script>alert(1)</script>": "2"}


def test_a_submission_on_a_subset_says_so_and_is_ranked_separately(tmp_path: Path):
    snapshot, catalog, _ = make(**SMALL)
    store = Store(tmp_path / "results", tmp_path / "measured")
    store.write(submission("one", 70.0, "One"))
    part = submission("two", 80.0, "Two")
    cut = {**PROTOCOL, "subset": "50 of 5000 test"}
    store.write(part.model_copy(update={"protocol": cut}))
    site = build(snapshot, catalog, store, tmp_path / "site").out
    page = read(site / "boards" / "external.html")
    groups = [" ".join("".join(group.itertext()).split()) for group in page.iter("tbody")]
    assert len(groups) == 2
    assert all(("only 50 of 5000 test" in group) == ("Two" in group) for group in groups)


def test_a_submission_shows_its_card_its_metrics_and_its_provenance(tmp_path: Path):
    snapshot, catalog, _ = make(**SMALL)
    store = Store(tmp_path / "results", tmp_path / "measured")
    file = store.write(submission("one", 70.0, "One")).file
    site = build(snapshot, catalog, store, tmp_path / "site").out
    board = read(site / "boards" / "external.html")
    [row] = [one for one in board.iter("tr") if one.get("class") == "submitted"]
    [link] = row.iter("a")
    page, anchor = link.get("href").removeprefix("../").split("#")
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
