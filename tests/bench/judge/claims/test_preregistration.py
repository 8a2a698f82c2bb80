"""What is registered before a run, how it is written, and that later changes show."""

import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.catalog.load import load_catalog, load_paper
from bench.cli import main
from bench.judge.claims.preregistration import compared
from bench.results.store import Store
from tests.factories import trained

FIXTURE = Path(__file__).resolve().parents[3] / "fixtures" / "papers" / "tinypaper"
CATALOG = load_catalog()
REGISTERED = [(paper, claim) for paper, claim in CATALOG.claims() if claim.registered]
LAB = ("--tier", "lab", "--margin", "0.5", "--seeds", "5")


@pytest.fixture
def paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the fixture paper that may be written to, in an empty workspace."""
    folder = Path(shutil.copytree(FIXTURE, tmp_path / "papers" / "tinypaper"))
    path = folder / "claims.yaml"
    path.write_text(f"# kept\n{path.read_text()}# kept too\n")
    monkeypatch.setenv("REPROPOSE_PAPERS", str(tmp_path / "papers"))
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path / "workspace"))
    return folder


def register(name: str, *options: str):
    return CliRunner().invoke(main, ["new", "registration", name, *options])


def claim_of(folder: Path, name: str):
    return next(one for one in load_paper(folder).claims if one.id == name)


def test_a_registration_is_written_and_nothing_else_changes(paper):
    path = paper / "claims.yaml"
    before = path.read_text()
    done = register("tinypaper/b-above-a", *LAB[:4])  # three seeds, as runs.yaml has them
    assert done.exit_code == 0, done.output
    (entry,) = claim_of(paper, "b-above-a").registered
    assert (entry.tier, entry.metric, entry.margin, entry.seeds) == ("lab", "AP", 0.5, 5)
    assert re.fullmatch(r"registered \d{4}-\d\d-\d\d for lab: margin 0.5 AP, 5 seeds", entry.words)
    assert re.sub(r", registered: \[\{.*?\}\]", "", path.read_text()) == before


def test_an_empty_contrast_is_none(paper):
    assert register("tinypaper/b-above-a", *LAB, "--contrast", " ").exit_code == 0
    assert claim_of(paper, "b-above-a").registered[0].contrast is None


def test_a_second_registration_stands_below_the_first(paper):
    register("tinypaper/b-above-a", *LAB)
    done = register("tinypaper/b-above-a", *LAB[:3], "1", *LAB[4:], "--contrast", "B minus A")
    assert done.exit_code == 0, done.output
    claim = claim_of(paper, "b-above-a")
    assert [one.margin for one in claim.registered] == [0.5, 1.0]
    assert claim.registration("lab") == claim.registered[1]
    assert claim.registration("smoke") is None
    assert claim.registered[1].words.endswith("margin 1 AP, 5 seeds; B minus A")


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("[1/tiny-b/ap] - [1/tiny-a/ap]", "[1/tiny-a/ap] - [1/tiny-b/ap]", True),
        ('claimed: "0.2"', 'claimed: "0.3"', True),
        ('claimed: "0.2"', 'claimed: "0.2", rounding: about', True),
        ("margin: 0.5", "margin: 0.2", True),
        ("seeds: 5", "seeds: 3", True),
        ('metric: "AP"', 'metric: "AR"', True),
        ("tier: lab", "tier: smoke", True),
        ("date: 20", "date: 19", True),
        ("B is 0.2 AP better than A", "B is a little better than A", False),
        ("[1/tiny-b/ap] - [1/tiny-a/ap]", "[1/tiny-b/ap]  -  [1/tiny-a/ap]", False),
    ],
)
def test_what_was_registered_cannot_be_edited_unseen(paper, old, new, changed):
    register("tinypaper/b-above-a", *LAB)
    path = paper / "claims.yaml"
    line = next(one for one in path.read_text().splitlines() if "id: b-above-a," in one)
    assert old in line
    path.write_text(path.read_text().replace(line, line.replace(old, new)))
    claim = claim_of(paper, "b-above-a")
    assert claim.changed(claim.registered[0]) is changed


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("tinypaper/b-above", LAB, "unknown claim 'tinypaper/b-above'; did you mean"),
        ("tinypaper/a-is-smaller", LAB, "compares no two trainings"),
        ("tinypaper/b-is-best", LAB, "compares no two trainings"),  # with a rival that has no run
        ("tinypaper/above-75", LAB, "compares no two trainings"),
        ("tinypaper/b-above-a", ("--tier", "smoke", *LAB[2:4]), "one seed for smoke in runs.yaml"),
        ("tinypaper/b-above-a", ("--tier", "full", *LAB[2:]), "'full' is not one of"),
        ("tinypaper/b-above-a", (*LAB[:3], "-1", *LAB[4:]), "not in the range"),
        ("tinypaper/b-above-a", (*LAB[:3], "nan", *LAB[4:]), "give one from 0 to 100"),
        ("tinypaper/b-above-a", (*LAB[:3], "inf", *LAB[4:]), "give one from 0 to 100"),
    ],
)
def test_what_cannot_be_registered_is_said_in_one_line(paper, name, options, message):
    before = (paper / "claims.yaml").read_text()
    done = register(name, *options)
    assert done.exit_code == 2
    (line,) = (one for one in done.stderr.splitlines() if one.startswith("repropose:"))
    assert message in line
    assert (paper / "claims.yaml").read_text() == before


def test_after_the_run_it_is_too_late(paper, tmp_path):
    Store(root=tmp_path / "workspace" / "results").write(trained("tiny-a-coco", 0, 40.0, "lab"))
    done = register("tinypaper/b-above-a", *LAB)
    assert done.exit_code == 2
    assert "exists, so its outcome is known; register before the run" in done.stderr


# ---------------------------------------------------------------- the papers of the project


def test_every_claim_that_compares_trainings_is_registered_for_lab():
    """No training was measured at lab when these were written."""
    comparing = {
        (paper, claim.id)
        for paper, claim in CATALOG.claims()
        if claim.threshold == "paper" and compared(CATALOG, paper, claim)
    }
    assert {(paper, claim.id) for paper, claim in REGISTERED} == comparing
    assert all(claim.registration("lab") for _, claim in REGISTERED)


def test_for_smoke_those_are_registered_that_two_cores_decide():
    """docs/small-scale.md: at least 25, of every paper, and four of LOFR, each with five seeds."""
    smoke = [(paper, claim.registration("smoke")) for paper, claim in REGISTERED]
    papers = Counter(paper for paper, one in smoke if one)
    assert papers.keys() == CATALOG.papers.keys()
    assert sum(papers.values()) >= 25
    assert papers["lofr"] >= 4
    assert {(one.seeds, one.margin) for _, one in smoke if one} == {(5, 0.5)}


@pytest.mark.parametrize(("paper", "claim"), REGISTERED, ids=lambda v: getattr(v, "id", v))
def test_registrations_fit_their_claims_and_the_seeds_of_their_runs(paper, claim):
    cells = compared(CATALOG, paper, claim)
    seeds = {len(CATALOG.run(cell.run).seeds.lab) for cell in cells}
    assert seeds == {claim.registration("lab").seeds}
    for one in claim.registered:
        assert not claim.changed(one)
        assert set(one.metric.split(", ")) == {cell.metric for cell in cells}
