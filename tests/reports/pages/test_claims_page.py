"""The page of claims: order, formula with numbers, bars, what would decide them, filters."""

from pathlib import Path
from typing import Any

import pytest

from bench.catalog.load import load_catalog
from bench.catalog.place import Place
from bench.catalog.registration import Registration
from bench.judge.claims.on_paper import understand
from bench.judge.records import ClaimJudgement, ClaimVerdict
from reports.pages.claims import SECTIONS, bar, filled, section_of
from reports.site import build
from reports.views.words import HOLDS, claim_word
from tests.factories import make
from tests.reports.browser import Watched
from tests.reports.conftest import read
from tests.reports.pages.test_paper import changed_claim


def built(tmp_path: Path, snapshot: Any, catalog: Any, results: Any) -> str:
    return (build(snapshot, catalog, results, tmp_path).out / "claims.html").read_text("utf-8")


def articles(site: Path) -> dict[str, Any]:
    """Claims by their anchor, in the order of the page."""
    return {a.get("id"): a for a in read(site / "claims.html").iter("article")}


def text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def real(name: str) -> Any:
    """A claim of TransPose."""
    [claim] = [c for p, c in load_catalog().claims() if (p, c.id) == ("transpose", name)]
    return claim


def verdict(claim: Any, **judged: Any) -> ClaimVerdict:
    on_paper = {"holds": "holds", "value": 72.5, "interval": (72.1, 72.9), "evidence": "paper"}
    here = {"holds": "holds", "value": 72.4, "evidence": "counted"}
    return ClaimVerdict(
        paper="transpose",
        claim=claim,
        on_paper=ClaimJudgement(**{**on_paper, **judged.get("on_paper", {})}),
        on_reproduced=ClaimJudgement(**{**here, **judged.get("here", {})}),
    )


def test_every_word_has_a_section_and_failing_ones_come_first() -> None:
    keys = [key for key, _ in SECTIONS]
    assert set(keys) == {*HOLDS, "not-printed"}
    assert keys[:3] == ["fails", "not-printed", "contradicts"]
    claim = real("val-ap")
    assert section_of(verdict(claim, on_paper={"holds": "fails"})) == "not-printed"
    both = verdict(claim, on_paper={"holds": "fails"}, here={"holds": "fails"})
    assert section_of(both) == "fails"


def test_each_claim_has_both_judgements_and_its_formula(plain: Path) -> None:
    snapshot, _, _ = make()
    found = articles(plain)
    assert len(found) == len(snapshot.claims)
    for one in snapshot.claims:
        shown = text(found[f"claim-{one.paper}--{one.claim.id}"])
        here = one.on_reproduced
        assert claim_word(one.on_paper.holds, one.on_paper.evidence).label in shown
        assert claim_word(here.holds, here.evidence).label in shown
        assert one.claim.expression in shown
    sections = [s.get("data-section") for s in read(plain / "claims.html").iter("section")]
    order = [key for key, _ in SECTIONS]
    assert sections == sorted(sections, key=order.index)


def test_a_formula_is_filled_with_the_numbers_of_its_cells(plain: Path) -> None:
    catalog = load_catalog()
    resolved = understand(catalog, "transpose", real("fewer-parameters-than-hrnet-w48"))
    numbers = {name: cell.number.value for name, cell in resolved.cells.items()}
    assert filled(resolved, numbers) == "percent_less(17.5, 63.6)"
    first = next(iter(numbers))
    assert filled(resolved, {first: 1.25}) == "percent_less(1.25, ?)"
    several = understand(catalog, "transpose", real("val-ap"))
    listed = filled(several, dict.fromkeys(several.cells, 70.0))
    assert listed == "max([70, 70, 70, 70, 70, 70])"
    assert "70.1 - 70" in text(articles(plain)["claim-paper0--claim1"])


def test_a_bar_shows_what_is_claimed_printed_and_measured_on_one_scale() -> None:
    claim = real("fewer-parameters-than-hrnet-w48")  # 73, rounded to the nearest
    found = bar(verdict(claim))
    assert found is not None
    claimed, printed, here = found.lanes
    assert claimed.low < claimed.high
    assert printed.low < printed.at < printed.high
    assert here.low == here.at == here.high < printed.at
    assert found.words == (
        "claimed 73, nearest; printed 72.5 (72.1 to 72.9); here 72.4; scale from 71.99 to 73.61, "
        "zero is off the scale"
    )
    assert bar(verdict(claim, here={"value": -1.0})).zero > 0
    assert bar(verdict(real("faster-than-hrnet"))) is None  # yes or no
    nothing = {"value": None, "interval": None}
    assert bar(verdict(claim, on_paper=nothing, here=nothing)) is None


def test_an_open_claim_says_what_would_decide_it(tmp_path: Path) -> None:
    snapshot, catalog, results = make(papers=1, tables=1, rows=3, claims=2)
    undone = [v.model_copy(update={"verdict": "not-run"}) for v in snapshot.verdicts]
    claim = snapshot.claims[1]  # the first claims no number, which its formula would need
    waiting = claim.model_copy(update={"on_reproduced": ClaimJudgement(holds="open")})
    changed = snapshot.model_copy(update={"verdicts": tuple(undone), "claims": (waiting,)})
    page = built(tmp_path, changed, catalog, results)
    for run in ("paper0-run0", "paper0-run1"):
        assert f"repropose measure {run} --tier full" in page
    assert "2 jobs, hours not estimated" in page


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


def test_a_claim_with_our_threshold_is_marked(tmp_path: Path) -> None:
    snapshot, catalog, results = make(papers=1, claims=3)
    assert "our threshold" not in built(tmp_path / "a", snapshot, catalog, results)
    snapshot = changed_claim(snapshot, threshold="ours", note="comparable is not defined")
    assert "<b>our threshold</b>" in built(tmp_path / "b", snapshot, catalog, results)


def test_chips_filter_and_the_choice_is_in_the_address(watched: Watched, plain: Path) -> None:
    page = watched.open(plain / "claims.html")
    visible = page.locator("article.claim:visible")
    every = visible.count()
    assert 0 < every < len(make()[0].claims)  # those that hold or are open are folded
    every = len(make()[0].claims)
    page.get_by_role("button", name="Method1").click()
    assert visible.count() == every // 2
    page.get_by_role("button", name="Fails on values measured here").click()
    shown = visible.count()
    assert 0 < shown < every // 2
    address = page.url
    assert "section=fails" in address
    page.goto("about:blank")
    page.goto(address)
    assert visible.count() == shown
    assert f"{shown} of {every} claims" in page.locator("p.status").inner_text()
    page.get_by_role("button", name="Fails on values measured here").press(" ")
    assert visible.count() == every // 2
    assert watched.errors == []


@pytest.mark.parametrize("fragment", ["#section=<b>&paper=nobody", "#claim-paper0--claim0"])
def test_other_addresses_filter_nothing(watched: Watched, plain: Path, fragment: str) -> None:
    page = watched.open(plain / "claims.html", fragment)
    assert page.locator("article.claim:not([hidden])").count() == len(make()[0].claims)
    opened = page.locator("article:has(details[open])").evaluate_all("all => all.map(e => e.id)")
    assert opened == ([fragment[1:]] if fragment.startswith("#claim") else [])
    if opened:
        assert page.locator(fragment).is_visible()
    assert watched.errors == []


def test_only_claims_that_fail_are_shown_without_a_click(plain: Path) -> None:
    sections = [s for s in read(plain / "claims.html").iter("section") if s.get("data-section")]
    opened = {s.get("data-section") for s in sections if s.find("details").get("open") is not None}
    assert opened == {"fails", "not-printed", "contradicts"} & {
        s.get("data-section") for s in sections
    }
    assert opened


def test_only_the_last_registration_of_a_tier_counts(tmp_path: Path) -> None:
    snapshot, catalog, results = make(papers=1, claims=2)
    entry = {"tier": "lab", "date": "2026-11-30", "metric": "AP", "margin": 0.5}
    both = [Registration(**entry, seeds=seeds, digest="0" * 12) for seeds in (3, 5)]
    page = built(tmp_path, changed_claim(snapshot, registered=tuple(both)), catalog, results)
    assert page.count("registered 2026-11-30 for lab: margin 0.5 AP, 5 seeds") == 1
    assert "registered 2026-11-30 for lab: margin 0.5 AP, 3 seeds, replaced" in page
