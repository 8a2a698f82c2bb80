"""Tables in the terminal."""

from bench.judge.records import Verdict
from reports.exports.terminal import render_table
from tests.factories import HOSTILE, make


def terminal(text: str | None = None) -> tuple[str, list[Verdict]]:
    snapshot, catalog, _ = make(text=text)
    verdicts = [v for v in snapshot.verdicts if (v.paper, v.table) == ("paper0", "1")]
    return render_table(catalog, "paper0-1", verdicts), verdicts


def test_a_table_in_the_terminal_shows_every_printed_value_and_verdict() -> None:
    shown, verdicts = terminal()
    assert len(verdicts) == 60
    for verdict in verdicts:
        assert verdict.printed in shown
        assert (verdict.shown or "") in shown
    assert "✓ matches" in shown
    assert "not printed" in shown
    assert max(map(len, shown.splitlines())) < 160


def test_a_table_in_the_terminal_has_no_control_characters() -> None:
    shown, _ = terminal(HOSTILE + "\x1b[2J")
    assert all(c.isprintable() or c == "\n" for c in shown)


def test_a_cell_without_a_verdict_is_shown_as_not_judged() -> None:
    _, catalog, _ = make()
    assert "? not judged" in render_table(catalog, "paper0-1", [])


def test_a_table_says_what_chance_alone_may_have_made_wrong() -> None:
    shown, verdicts = terminal()
    firm = [
        v
        for v in verdicts
        if v.verdict in ("reproduced", "better", "deviates") and v.evidence != "counted"
    ]
    line = shown.splitlines()[-1]
    assert f"up to {0.05 * len(firm):.2g} of the {len(firm)} firm verdicts" in line
    _, catalog, _ = make()
    counted = [v.model_copy(update={"evidence": "counted"}) for v in verdicts]
    assert "chance" not in render_table(catalog, "paper0-1", counted)
