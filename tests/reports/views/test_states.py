"""The heads under which printed values are counted: no page may say of a value what another denies."""

from pathlib import Path

from bench.judge.untested import UNTESTED
from reports.views.states import STATE_OF, STATES
from reports.views.table import UNMEASURED
from reports.views.words import SILENT, VERDICTS
from tests.reports.conftest import read


def test_what_was_not_measured_is_untested_and_all_else_is_not() -> None:
    assert set(STATE_OF) == {*VERDICTS, *SILENT} - {"setting", "empty"}
    assert {key for key, state in STATE_OF.items() if state == "untested"} == set(UNMEASURED)
    assert set(STATE_OF.values()) == set(STATES)


def test_what_is_to_be_run_is_not_said_to_be_unmeasured(plain: Path) -> None:
    lead = next(p for p in read(plain / "volunteers.html").iter("p") if p.get("class") == "lead")
    words = " ".join("".join(lead.itertext()).split())
    assert "printed values that no measurement here has decided" in words
    assert {STATE_OF[key] for key in UNTESTED} == {"undecided", "untested"}  # so it has to say both
