"""Rules for counting operations: how they are known, and what a count by a guessed one can and cannot show."""

import shutil
from pathlib import Path

import pytest

from bench.catalog.load import PAPERS, Catalog, load_catalog
from bench.catalog.schema import Claim, CountingRule
from bench.errors import CatalogError
from bench.judge.claims.on_paper import judge_claim
from bench.judge.counts import unexplained
from bench.judge.evidence import Measurements
from bench.judge.intervals import Interval
from bench.judge.verdicts import judge_cell
from bench.results.index import ResultIndex

A, B = "[1/tiny-a/flops]", "[1/tiny-b/flops]"
#: Counts by three rules; TINY prints 8.0 for A and 9.9 for B.
NEAR = {"conv-linear": 8.2, "macs": 8.4, "flops-2x": 16.8}
AT_IT = {"conv-linear": 8.2, "macs": 8.02, "flops-2x": 16.04}
FAR = {"conv-linear": 20.0, "macs": 21.0, "flops-2x": 42.0}
FITTED = ", a rule fitted to the paper's numbers"
SOURCE = ", the rule of the source it is quoted from"


def by(tiny: Catalog, basis: str) -> Catalog:
    """The tiny paper with another basis of its rule."""
    tool = "thop 0.0.31" if basis == "public-tool" else None
    rule = CountingRule(basis=basis, reason="for the test", tool=tool)
    paper = tiny.papers["tinypaper"].model_copy(update={"counting_rules": {"conv-linear": rule}})
    return Catalog(papers={"tinypaper": paper}, folders=tiny.folders)


def counted(make, model: str, flops: dict[str, float], total: int = 5_200_000):
    return make.counted(model, total, macs=int(flops["macs"] * 1e9)).model_copy(
        update={"flops": flops}
    )


@pytest.mark.parametrize(
    ("basis", "flops", "verdict", "says"),
    [
        ("stated", NEAR, "deviates", "+2.5 %: counted as conv-linear: 8.2"),
        ("stated", {"conv-linear": 8.02, "macs": 8.4}, "reproduced", "counted as conv-linear: 8.02"),
        ("fitted", {"conv-linear": 8.02, "macs": 8.4}, "reproduced", f"counted as conv-linear{FITTED}: 8.02"),
        ("fitted", NEAR, "inconclusive", f"+2.5 %: counted as conv-linear{FITTED}: 8.2; no known rule would give"),
        ("public-tool", NEAR, "inconclusive", "counted as conv-linear, the rule of a public counter: 8.2"),
        ("fitted", AT_IT, "inconclusive", "macs would give the printed value"),
        ("quoted-source", NEAR, "inconclusive", f"+2.5 %: counted as conv-linear{SOURCE}: 8.2; no known rule"),
        ("fitted", FAR, "deviates", "no known rule explains it: the nearest, conv-linear, gives 20"),
    ],
)  # fmt: skip
def test_only_a_stated_rule_makes_a_cell_deviate(
    tiny, fill, make, basis, flops, verdict, says
) -> None:
    measurements = Measurements(by(tiny, basis), ResultIndex(fill(counted(make, "tiny-a", flops))))
    found = judge_cell(
        measurements.catalog.cell_index["tinypaper", "1", "tiny-a", "flops"], measurements
    )
    assert found.verdict == verdict
    assert says in found.reason


@pytest.mark.parametrize(
    ("values", "low", "high", "firm"),
    [
        ({"a": 10.0, "b": 11.0}, 12.5, 12.6, True),  # a factor of 1.14 above, where rules differ by 1.1
        ({"a": 10.0, "b": 11.0}, 11.5, 11.6, False),  # 1.05
        ({"a": 10.0, "b": 11.0}, 8.0, 8.1, True),
        ({"a": 10.0, "b": 11.0}, 10.4, 10.6, False),  # between them
        ({"a": 10.0, "b": 13.0}, 13.0, 13.1, False),  # returned by one
        ({"a": 10.0, "b": 11.0, "flops-2x": 20.0}, 12.5, 12.6, False),  # between, where a doubled rule is
        ({"a": 10.0, "b": 11.0, "flops-2x": 20.0}, 23.0, 23.1, True),  # above that, too
        ({}, 1.0, 2.0, False),
    ],
)  # fmt: skip
def test_what_no_rule_explains_misses_all_by_more_than_they_differ(values, low, high, firm) -> None:
    assert bool(unexplained(values, Interval(low, high))) is firm


@pytest.mark.parametrize(
    ("basis", "flops", "macs", "claimed", "holds"),
    [
        (
            "stated",
            (8.2, 10.66),
            (8.2, 10.3),
            "1.20",
            "fails",
        ),  # 1.3; the print allows 1.224 to 1.252
        ("fitted", (8.2, 10.66), (8.2, 10.1), "1.20", "inconclusive"),  # 1.232 by macs: near
        ("fitted", (8.2, 10.66), (8.2, 9.87), "1.20", "inconclusive"),  # 1.204 by macs
        ("fitted", (8.2, 10.66), (8.3, 10.8), "1.20", "fails"),  # 1.3 by every rule
        ("stated", (8.0, 9.9), (8.0, 9.9), "1.24", "holds"),
        ("fitted", (8.0, 9.9), (8.0, 9.9), "1.24", "holds"),
        ("stated", (8.02, 9.86), (8.0, 9.9), "1.24", "within-rounding"),  # 1.229
        ("fitted", (8.02, 9.86), (8.0, 9.9), "1.24", "within-rounding"),
    ],
)
def test_a_claim_on_counts_fails_by_a_stated_rule_or_by_every_known_one(
    tiny, fill, make, basis, flops, macs, claimed, holds
) -> None:
    for model, by_rule, plain in zip(("tiny-a", "tiny-b"), flops, macs, strict=True):
        rules = {"conv-linear": by_rule, "macs": plain, "flops-2x": 2.0 * plain}
        store = fill(counted(make, model, rules))
    expression = f"times({B}, {A})"
    one = Claim(id="one", where="p. 1", claim="more", expression=expression, claimed=claimed)
    judged = judge_claim("tinypaper", one, Measurements(by(tiny, basis), ResultIndex(store)))
    assert (judged.on_reproduced.holds, judged.on_reproduced.evidence) == (holds, "counted")
    assert ("fitted" in judged.on_reproduced.reason) is (basis == "fitted")
    explained = "would give the claimed value" in judged.on_reproduced.reason
    assert explained is (holds == "inconclusive")


@pytest.mark.parametrize(
    ("expression", "claimed", "a", "b", "holds"),
    [
        # printed 5.2 and 6.5: 19.5 to 20.5 % are claimed, 18.6 to 21.4 allowed
        ("percent_less([1/tiny-a/params], [1/tiny-b/params])", "20", 5.24, 6.46, "within-rounding"),
        ("percent_less([1/tiny-a/params], [1/tiny-b/params])", "20", 5.24, 6.75, "fails"),
        ("percent_less([1/tiny-a/params], [1/tiny-b/params])", "20", 5.2, 6.5, "holds"),
        # the paper's own numbers refute it: no rounding of theirs helps
        ("percent_less([1/tiny-a/params], [1/tiny-b/params])", "25", 5.24, 6.46, "fails"),
        ("[1/tiny-b/params] - [1/tiny-a/params] >= 1.3", None, 5.24, 6.46, "within-rounding"),
        ("[1/tiny-b/params] - [1/tiny-a/params] >= 1.3", None, 5.24, 6.30, "fails"),
        ("not [1/tiny-b/params] - [1/tiny-a/params] < 1.3", None, 5.24, 6.46, "within-rounding"),
        ("[1/tiny-a/params] > [1/tiny-b/params]", None, 5.24, 6.46, "fails"),
    ],
)  # fmt: skip
def test_a_count_that_the_printed_digits_allow_holds_within_rounding(
    tiny, fill, make, expression, claimed, a, b, holds
) -> None:
    models = (("tiny-a", a), ("tiny-b", b))
    store = fill(*(make.counted(name, int(millions * 1e6)) for name, millions in models))
    one = Claim(id="one", where="p. 1", claim="smaller", expression=expression, claimed=claimed)
    judged = judge_claim("tinypaper", one, Measurements(tiny, ResultIndex(store))).on_reproduced
    assert judged.holds == holds
    allowed = "the printed digits of its cells allow it" in judged.reason
    assert allowed is (holds == "within-rounding")


def test_a_known_misprint_is_the_cause_of_its_cell(tiny, fill, make) -> None:
    measurements = Measurements(
        tiny, ResultIndex(fill(make.trained("tiny-a-coco", 0, 60.0, "full")))
    )
    cells = tiny.cell_index
    found = judge_cell(cells["tinypaper", "2", "offset", "ap"], measurements)
    assert found.cause == "likely misprint, probably 70.0: the text of Sec. 4 says 70.0"
    assert "misprint" not in found.reason
    assert judge_cell(cells["tinypaper", "2", "plain", "ap"], measurements).cause is None


def test_every_rule_of_the_papers_has_a_basis_with_its_place() -> None:
    catalog = load_catalog()
    known = {
        (paper.id, name, rule.basis)
        for paper in catalog.papers.values()
        for name, rule in paper.counting_rules.items()
    }
    assert known == {
        ("transpose", "transpose-authors", "stated"),
        ("transpose", "hrnet-authors", "quoted-source"),
        ("tfpose", "macs-bn-relu", "fitted"),
        ("tfpose", "hrnet-authors", "quoted-source"),
        ("lightpose", "lightpose-authors", "public-tool"),
        ("lightpose", "hrnet-authors", "quoted-source"),
    }


def test_a_rule_without_a_basis_is_one_clear_line(tmp_path: Path) -> None:
    folder = tmp_path / "extra" / "tinypaper"
    fixture = Path(__file__).parents[2] / "fixtures" / "papers" / "tinypaper"
    shutil.copytree(fixture, folder)
    head = (folder / "paper.yaml").read_text("utf-8").splitlines()
    kept = [line for line in head if not line.startswith(("counting_rules", "  conv-linear"))]
    (folder / "paper.yaml").write_text("\n".join(kept), "utf-8")
    assert PAPERS not in folder.parents
    with pytest.raises(CatalogError) as rejected:
        load_catalog(tmp_path / "extra")
    assert "tables.yaml:9: table 1, 'flops' counts by rule 'conv-linear'" in str(rejected.value)
    assert "has no rule; add it with basis (stated, public-tool, fitted, quoted-source)" in str(
        rejected.value
    )
