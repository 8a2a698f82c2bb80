"""Which public counters return a printed count, when that explains it, and what the verdict says then."""

import json

import pytest

from bench.catalog.load import Catalog, load_catalog
from bench.catalog.schema import CountingRule
from bench.errors import ResultError
from bench.judge.evidence import Measurements
from bench.judge.public_tools import returned_by, source_of
from bench.judge.verdicts import judge_cell
from bench.paths import ROOT
from bench.results.index import ResultIndex
from bench.results.public_counts import FILE, ToolCount, read_public_counts

#: TINY prints 8.0 for A and 9.9 for B, 5.2 and 6.5 million parameters; exact are 8.4 and 10.4.
EXACT = {"tiny-a": 8.4, "tiny-b": 10.4}
BOTH, ONE, NONE = (8.02, 9.92), (8.02, 9.5), (8.6, 9.5)
TOTAL = 5_300_000


def by(tiny: Catalog, basis: str) -> Catalog:
    """The tiny paper with another basis of its rule."""
    tool = "thop 0.1.1, eval mode" if basis == "public-tool" else None
    rule = CountingRule(basis=basis, reason="for the test", tool=tool)
    paper = tiny.papers["tinypaper"].model_copy(update={"counting_rules": {"conv-linear": rule}})
    return Catalog(papers={"tinypaper": paper}, folders=tiny.folders)


@pytest.fixture
def measured(tiny, fill, make):
    """Measurements with counts by rule and what tools return for A and B."""

    def make_them(basis, tools, rule=8.2, changed=0):
        networks = []
        for model, which in (("tiny-a", 0), ("tiny-b", 1)):
            macs = round(EXACT[model] * 1e9)
            result = make.counted(model, TOTAL, macs=macs)
            flops = {"conv-linear": rule * (1, 1.25)[which], "macs": EXACT[model]}
            store = fill(result.model_copy(update={"flops": flops}))
            counts = [
                {"counter": name, "version": "0.1.1-2209072238", "setting": "eval mode", **given}
                for name, pair in tools.items()
                for given in [
                    pair[which] if isinstance(pair[which], dict) else operations(pair[which])
                ]
            ]
            network = {"models": [model], "input_size": result.input_size, "counts": counts}
            networks.append({**network, "macs": macs + changed, "parameters": TOTAL})
        store.measured.mkdir(parents=True, exist_ok=True)
        (store.measured / FILE).write_text(json.dumps({"versions": {}, "networks": networks}))
        return Measurements(by(tiny, basis), ResultIndex(store))

    return make_them


def operations(giga):
    return {"operations": round(giga * 1e9)}


def cell(measurements, row="tiny-a", column="flops"):
    return judge_cell(measurements.catalog.cell_index["tinypaper", "1", row, column], measurements)


THOP = "thop 0.1.1 of 2022 (eval mode) gives 8.02"
RETURNED = f"returned by a public tool: {THOP}"


@pytest.mark.parametrize(
    ("basis", "pair", "rule", "verdict", "says"),
    [
        ("stated", BOTH, 8.02, "reproduced", "counted as conv-linear: 8.02"),
        ("stated", BOTH, 8.2, "deviates", f"{THOP} (2 of 2 counts of this source)"),
        ("fitted", BOTH, 8.2, "reproduced", f"{RETURNED} (2 of 2 counts of this source); exact is 8.4"),
        ("fitted", BOTH, 8.02, "reproduced", "returned by a public tool"),
        ("quoted-source", BOTH, 8.2, "reproduced", "returned by a public tool"),
        ("public-tool", NONE, 8.02, "reproduced", "conv-linear, the rule of a public counter: 8.02"),
        # one count of two may be chance
        ("fitted", ONE, 8.02, "reproduced", f"numbers: 8.02; {THOP} (1 of 2 counts of this source); exact is 8.4"),
        ("fitted", ONE, 8.2, "inconclusive", f"{THOP} (1 of 2 counts of this source); exact is 8.4"),
        ("fitted", NONE, 8.02, "reproduced", "8.02; no public counter returns it; exact is 8.4"),
        ("quoted-source", NONE, 8.02, "reproduced", "it is quoted from: 8.02; no public counter returns it"),
        ("stated", NONE, 8.02, "reproduced", "counted as conv-linear: 8.02"),
        # far from everything that the rules give, but a counter returns it
        ("fitted", ONE, 20.0, "inconclusive", THOP),
        ("fitted", NONE, 8.2, "inconclusive", "no known rule and no public counter would give the printed"),
    ],
)  # fmt: skip
def test_a_counter_explains_a_print_if_it_returns_most_of_the_source(
    measured, basis, pair, rule, verdict, says
):
    found = cell(measured(basis, {"thop": pair}, rule))
    assert found.verdict == verdict
    assert says in found.reason
    assert bool(found.tools) is (pair is not NONE)


def test_a_known_rule_that_returns_the_print_is_named_without_the_counters_that_do_not(
    measured, monkeypatch
):
    monkeypatch.setitem(EXACT, "tiny-a", 8.02)
    reason = cell(measured("fitted", {"thop": NONE}, 8.2)).reason
    assert "; macs would give the printed value" in reason
    assert "no public counter" not in reason


def test_several_tools_are_all_named(measured):
    found = cell(measured("fitted", {"thop": BOTH, "fvcore": BOTH, "torchinfo": ONE}))
    assert found.value == 8.02
    assert "thop 0.1.1 of 2022 (eval mode) gives 8.02" in found.reason
    assert ", also by fvcore 0.1.1; exact is 8.4" in found.reason
    assert [tool.partition(" ")[0] for tool in found.tools] == ["thop", "fvcore", "torchinfo"]


def test_operations_at_two_a_multiply_accumulate_are_also_halved(measured):
    doubled = tuple({"operations": round(2e9 * giga), "per_mac": 2} for giga in BOTH)
    found = cell(measured("fitted", {"torch": doubled}))
    assert "torch 0.1.1 (eval mode, halved) gives 8.02" in found.reason


@pytest.mark.parametrize(
    "pair",
    [
        ({"failed": "ValueError: no"}, {"failed": "no answer within 600 s"}),
        ({"operations": 0}, {"operations": 0}),
    ],
)
def test_a_counter_that_failed_or_counts_nothing_returns_no_cell(measured, pair):
    assert cell(measured("fitted", {"thop": pair})).tools == ()


def test_counts_of_a_network_that_has_changed_since_say_nothing(measured):
    assert cell(measured("fitted", {"thop": BOTH}, changed=1)).tools == ()


def test_parameters_that_a_counter_misses_are_named_where_the_print_is_what_it_returns(measured):
    short = tuple({"operations": 1, "parameters": total} for total in (5_210_000, 6_510_000))
    found = cell(measured("fitted", {"thop": short}), column="params")
    assert found.verdict == "deviates"  # parameters have one definition
    assert found.reason.startswith("+1.9 %: counted as total: 5.3")
    assert (
        "thop 0.1.1 of 2022 (eval mode) gives 5.21 (2 of 2 counts of this source)" in found.reason
    )


def test_nothing_is_said_about_counters_that_were_not_run(tiny, fill, make):
    result = make.counted("tiny-a", TOTAL, macs=round(8.4e9))
    store = fill(result.model_copy(update={"flops": {"conv-linear": 8.02, "macs": 8.4}}))
    found = cell(Measurements(by(tiny, "fitted"), ResultIndex(store)))
    assert found.reason.endswith("a rule fitted to the paper's numbers: 8.02")


def test_without_the_file_no_counter_is_known(tmp_path):
    assert read_public_counts(tmp_path) == {}


def test_an_invalid_file_is_one_clear_line(tmp_path):
    (tmp_path / FILE).write_text('{"networks": [{"models": 3}]}')
    with pytest.raises(ResultError, match=r"write it again with `python -m tests\.benchmarks"):
        read_public_counts(tmp_path)


@pytest.mark.parametrize(
    ("version", "name"),
    [
        ("0.1.1-2209072238", "thop 0.1.1"),
        ("0.1.1.post2209072238", "thop 0.1.1"),
        ("2.13.0", "thop 2.13.0"),
    ],
)
def test_a_version_is_named_without_its_build(version, name):
    assert ToolCount(counter="thop", version=version, setting="eval mode").name == name


@pytest.mark.parametrize(
    ("basis", "tool"), [("public-tool", None), ("fitted", "thop"), ("stated", "thop")]
)
def test_a_rule_names_a_tool_exactly_if_it_is_that_of_one(basis, tool):
    with pytest.raises(ValueError, match="names the counter"):
        CountingRule(basis=basis, tool=tool, reason="for the test")


def test_a_setting_that_had_nothing_to_rewrite_counts_as_without_rewriting(measured):
    """Only A has attention: the counter of modules returns B in every setting."""
    measurements = measured("fitted", {"thop": (9.0, 9.92)})
    networks = json.loads((measurements.index.store.measured / FILE).read_text())
    rewritten = {"setting": "eval mode, attention of nn.Linear", "operations": round(8.02e9)}
    first = networks["networks"][0]["counts"]
    first.append({**first[0], **rewritten})
    (measurements.index.store.measured / FILE).write_text(json.dumps(networks))
    found = cell(Measurements(measurements.catalog, ResultIndex(measurements.index.store)))
    assert found.verdict == "reproduced"
    assert "(eval mode, attention of nn.Linear) gives 8.02 (2 of 2 counts" in found.reason


def test_the_committed_counts_bear_out_the_rules_that_name_a_tool():
    """LightPose's own operations: thop 0.0.31 returns every one of them."""
    catalog = load_catalog()
    found = returned_by(catalog.cells(), read_public_counts(ROOT / "reports" / "measured"))
    own = {
        cell.name: [one for one in found[cell.key] if one.tool == "thop 0.0.31"]
        for cell in catalog.cells("lightpose")
        if cell.key in found and source_of(cell) == ("lightpose", "own", "flops")
    }
    assert len(own) >= 8
    assert all(one.explains for tools in own.values() for one in tools[:1])
    assert [name for name, tools in own.items() if not tools] == []


@pytest.mark.parametrize(
    ("row", "printed"), [("reg-deeppose-r101", 7.69), ("reg-deeppose-r152", 11.34)]
)
def test_what_the_papers_re_ran_with_mmpose_is_returned_by_its_counter(row, printed):
    catalog = load_catalog()
    found = returned_by(catalog.cells(), read_public_counts(ROOT / "reports" / "measured"))
    (first, *_) = found["tfpose", "6", row, "flops"]
    assert (first.tool, first.setting, round(first.value, 2)) == (
        "mmcv 2.2.0",
        "eval mode",
        printed,
    )
