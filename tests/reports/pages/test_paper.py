"""Findings on the page of a paper."""

from pathlib import Path

import pytest

from bench.judge.records import ClaimVerdict
from bench.results.index import ResultIndex
from reports.pages.paper import findings
from reports.site import build
from reports.views.claim_words import is_ours, summary
from reports.views.table import Judged, Tally
from reports.views.words import claim_word
from tests.factories import make


def test_stale_values_are_not_counted_as_contradicted(tmp_path: Path) -> None:
    snapshot, catalog, results = make(papers=1)
    stale = [v.model_copy(update={"verdict": "stale"}) if v.value else v for v in snapshot.verdicts]
    build(snapshot.model_copy(update={"verdicts": tuple(stale)}), catalog, results, tmp_path)
    page = (tmp_path / "papers" / "paper0.html").read_text("utf-8")
    assert "measured before the code changed" in page
    assert "compared accuracy value" not in page


def test_a_paper_without_values_has_no_findings() -> None:
    assert findings("p", [], [], 0, 0) == ()


def judged(*words: tuple[str, str | None]) -> list[ClaimVerdict]:
    """One claim for each (holds, evidence)."""
    snapshot, _, _ = make(papers=1, claims=len(words))
    return [
        one.model_copy(
            update={
                "on_reproduced": one.on_reproduced.model_copy(
                    update={"holds": holds, "evidence": evidence}
                )
            }
        )
        for one, (holds, evidence) in zip(snapshot.claims, words, strict=True)
    ]


def test_a_finding_on_claims_names_their_evidence() -> None:
    """Judged by hand: two fail on timings, one holds by counting."""
    claims = judged(("fails", "timed"), ("fails", "timed"), ("holds", "counted"), ("open", None))
    texts = [one.text for one in findings("paper0", [], claims, 0, 0)]
    assert texts[0].startswith(
        "On values measured here, 2 claims fail on this machine, for example: "
    )
    assert texts[1] == (
        "Of 3 claims judged on values measured here, 1 holds (counted), 2 fail on this machine; 1 more is open."
    )


def test_training_at_small_scale_is_never_counted_as_holding_or_failing() -> None:
    words = [
        ("supports", "smoke"),
        ("supports", "lab"),
        ("contradicts", "smoke"),
        ("inconclusive", "lab"),
    ]
    texts = [one.text for one in findings("paper0", [], judged(*words), 0, 0)]
    assert texts[0].startswith("On values measured here, 1 claim contradicts at small scale: ")
    assert texts[1] == (
        "Of 4 claims judged on values measured here, 2 support at small scale, 1 is undecided at small scale, "
        "1 contradicts at small scale."
    )


@pytest.mark.parametrize(
    ("holds", "evidence", "label"),
    [
        ("holds", "counted", "holds (counted)"),
        ("within-rounding", "counted", "holds within rounding (counted)"),
        ("fails", "counted", "fails (counted)"),
        ("holds", "timed", "holds on this machine"),
        ("fails", "timed", "fails on this machine"),
        ("not-on-this-machine", "timed", "not on this machine"),
        ("supports", "smoke", "supports at small scale"),
        ("contradicts", "lab", "contradicts at small scale"),
        ("inconclusive", "smoke", "undecided at small scale"),
        ("holds", "lab", "holds at small scale"),  # in snapshots of older versions
        ("supports", "mixed", "supports at small scale"),
        ("holds", "mixed", "holds (mixed evidence)"),
        ("holds", "full-3", "holds"),
        ("fails", "released-weights", "fails"),
        ("holds", "paper", "holds"),
        ("open", None, "open"),
    ],
)
def test_word_and_evidence_are_one_phrase(holds: str, evidence: str | None, label: str) -> None:
    assert claim_word(holds, evidence).label == label


def test_claims_with_our_threshold_are_counted_apart() -> None:
    first, *others = judged(("holds", "full-3"), ("fails", "full-3"), ("holds", "full-3"))
    ours = first.model_copy(update={"claim": first.claim.model_copy(update={"threshold": "ours"})})
    assert is_ours(ours)
    assert not is_ours(first)
    assert summary([ours, *others]) == (
        "On values measured here: 2 claims: 1 holds, 1 fails; 1 more claim with a threshold of ours: 1 holds"
    )


def test_verdicts_on_quoted_rows_are_counted_apart() -> None:
    """Ten rows; the third, sixth and ninth are quoted; one FLOPs column, made up as reproduced."""
    snapshot, catalog, store = make(papers=1, tables=1)
    reproduced = [v.model_copy(update={"verdict": "reproduced"}) for v in snapshot.verdicts]
    changed = snapshot.model_copy(update={"verdicts": tuple(reproduced)})
    shown = Judged(catalog, changed, ResultIndex(store))
    found = Tally.of(cell for cell in shown.cells("paper0") if cell.cell.column.key == "flops")
    assert [(word.key, n) for word, n in found.counts] == [("reproduced", 7)]
    assert [(word.key, n) for word, n in found.quoted] == [("reproduced", 3)]
    assert found.text == "7 match; quoted rows: 3 match"
    assert (found.own, found.total, found.count("reproduced")) == (7, 10, 7)


def changed_claim(snapshot, **changes):
    """The snapshot with its first claim changed."""
    first, *rest = snapshot.claims
    first = first.model_copy(update={"claim": first.claim.model_copy(update=changes)})
    return snapshot.model_copy(update={"claims": (first, *rest)})


def built(tmp_path: Path, snapshot, catalog, results) -> str:
    build(snapshot, catalog, results, tmp_path)
    return (tmp_path / "papers" / "paper0.html").read_text("utf-8")


def test_the_notes_are_on_a_page_of_their_own(plain: Path) -> None:
    paper = (plain / "papers/paper0.html").read_text("utf-8")
    assert "The paper is <em>silent</em>" not in paper
    assert 'href="../papers/paper0-notes.html"' in paper
    notes = (plain / "papers/paper0-notes.html").read_text("utf-8")
    assert "The paper is <em>silent</em> on <code>x</code>" in notes


def test_a_paper_page_lists_the_claims_that_fail_and_links_the_rest(plain: Path) -> None:
    snapshot, _, _ = make()
    page = (plain / "papers/paper0.html").read_text("utf-8")
    claims = [one for one in snapshot.claims if one.paper == "paper0"]
    for one in claims:
        fails = one.on_reproduced.holds in ("fails", "contradicts")
        assert (f"claims.html#claim-paper0--{one.claim.id}" in page) == fails
    assert 'href="../claims.html#paper=paper0"' in page


def test_claims_with_our_threshold_are_counted_apart_on_the_page(tmp_path: Path) -> None:
    snapshot, catalog, results = make(papers=1, claims=3)
    page = built(tmp_path / "a", snapshot, catalog, results)
    assert "<p>On values measured here: 3 claims: " in page
    snapshot = changed_claim(snapshot, threshold="ours", note="comparable is not defined")
    page = built(tmp_path / "b", snapshot, catalog, results)
    assert "<p>On values measured here: 2 claims: " in page
    assert "; 1 more claim with a threshold of ours: 1 " in page
