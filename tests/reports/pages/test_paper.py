"""Findings on the page of a paper."""

from pathlib import Path

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
