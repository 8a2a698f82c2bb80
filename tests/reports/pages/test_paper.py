"""Findings on the page of a paper."""

from pathlib import Path

from bench.catalog.place import Place
from bench.catalog.registration import Registration
from reports.pages.paper import findings
from reports.site import build
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


def test_a_finding_on_claims_names_their_evidence() -> None:
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
    texts = [one.text for one in findings("paper0", [], claims, 0, 0)]
    assert texts[0].startswith("2 claims fail on reproduced values (timed), for example: ")
    assert texts[1] == (
        "Of 3 claims judged on reproduced values (1 counted, 2 timed), 1 holds, 2 fail, "
        "0 are inconclusive; 1 more is open."
    )


def built(tmp_path: Path, snapshot, catalog, results) -> str:
    build(snapshot, catalog, results, tmp_path)
    return (tmp_path / "papers" / "paper0.html").read_text("utf-8")


def changed_claim(snapshot, **changes):
    """The snapshot with its first claim changed."""
    first, *rest = snapshot.claims
    first = first.model_copy(update={"claim": first.claim.model_copy(update=changes)})
    return snapshot.model_copy(update={"claims": (first, *rest)})


def test_a_claim_shows_its_place_and_its_registration(tmp_path: Path) -> None:
    snapshot, catalog, results = make(papers=1, claims=2)
    place = Place(page=9, section="4.3", paragraph=1, sentence=3)
    snapshot = changed_claim(snapshot, place=place, free_place=None)
    entry = {"tier": "lab", "date": "2026-11-30", "metric": "AP", "margin": 0.5, "seeds": 5}
    sealed = Registration(**entry, digest="0" * 12)
    claim = snapshot.claims[0].claim
    digest = claim.digest(sealed.model_dump(mode="json", exclude={"digest"}))
    sealed = sealed.model_copy(update={"digest": digest})
    page = built(tmp_path / "a", changed_claim(snapshot, registered=(sealed,)), catalog, results)
    assert "Sec. 4.3, p. 9, paragraph 1, sentence 3" in page
    assert "registered 2026-11-30 for lab: margin 0.5 AP, 5 seeds" in page
    assert "changed after registration" not in page
    edited = sealed.model_copy(update={"margin": 0.1})
    page = built(tmp_path / "b", changed_claim(snapshot, registered=(edited,)), catalog, results)
    assert "margin 0.1 AP, 5 seeds; <b>changed after registration</b>" in page


def test_claims_with_our_threshold_are_marked_and_counted_apart(tmp_path: Path) -> None:
    snapshot, catalog, results = make(papers=1, claims=3)
    page = built(tmp_path / "a", snapshot, catalog, results)
    assert "our threshold" not in page
    assert "<p>3 claims: " in page
    snapshot = changed_claim(snapshot, threshold="ours", note="comparable is not defined")
    page = built(tmp_path / "b", snapshot, catalog, results)
    assert "<p>2 claims: " in page
    assert "; 1 claim with our threshold: 1 " in page
    assert '<span class="muted">, our threshold</span>' in page
