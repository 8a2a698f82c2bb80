"""Contradictions between tables and papers, misprints, impossible rows."""

from dataclasses import replace

import pytest

from bench.catalog.load import Catalog, load_catalog
from bench.catalog.methods import Methods
from bench.catalog.schema import Paper
from bench.errors import CatalogError
from bench.judge.conflicts import find_conflicts
from bench.judge.records import Conflict


def catalog_of(*papers: Paper) -> Catalog:
    return Catalog(papers={p.id: p for p in papers}, folders={})


def paper(name: str, rows: list[dict], columns: list[dict], order: int = 1, **table) -> Paper:
    fields = {
        "table": "1",
        "title": "t",
        "page": 1,
        "split": "coco-val2017",
        "columns": columns,
        "rows": rows,
    }
    about = {"title": "t", "authors": "a", "venue": "v", "year": 2030, "method": name}
    return Paper.model_validate(
        {"id": name, "order": order, **about, "tables": [{**fields, **table}]}
    )


SIZE, AP = {"key": "size", "label": "Input size"}, {"key": "ap", "label": "AP", "metric": "AP"}
PARAMS = {"key": "params", "label": "#Params", "metric": "params"}


def quoted(label: str, cells: str, **more) -> dict:
    plain = {"key": "rival", "origin": "quoted", "source": "[9]", "why_no_run": "none"}
    return {"label": label, "cells": cells, **plain, **more}


def test_the_tiny_paper_contradicts_itself_once_and_has_one_misprint(tiny) -> None:
    found = {one.what: one for one in find_conflicts(tiny)}
    assert found["AP of TinyPose-A"].printed == ("75.8", "70.8")
    assert found["AP of TinyPose-A"].cells == ("tinypaper-1/tiny-a/ap", "tinypaper-2/offset/ap")
    assert "the same run" in found["AP of TinyPose-A"].reason
    assert found["AP of Rival-W32 [3]"].printed == ("74.4", "74.9")
    misprint = found["likely misprint: AP of with offset"]
    assert misprint.reason == "the text of Sec. 4 says 70.0; probably 70.0"
    assert len(found) == 3


@pytest.mark.parametrize(
    ("second", "clash"),
    [
        (quoted("HRNet W48", "256x192 | 75.3"), True),
        (quoted("HRNet W48", "256x192 | 75.12"), False),  # rounds to the same
        (quoted("HRNet W48", "384x288 | 76.3"), False),  # another input
        (quoted("HRNet W32", "256x192 | 74.4"), False),  # another network
        (quoted("HRNet W48", "256x192 | 75.3", origin="rerun"), False),
        (quoted("HRNet W48", "256x192 | 75.3", protocol={"flip_test": "no"}), False),
        (quoted("HRNet W48", "256x192 | 75.3", protocol={"flip_test": "not stated"}), True),
        (quoted("HRNet W48", "256x192 | 75.3", protocol={"split": "coco-test-dev2017"}), False),
    ],
)
def test_two_papers_that_quote_one_value_differently_are_found(second: dict, clash: bool) -> None:
    columns = [SIZE, AP]
    first = quoted("HRNet-W48 [51]", "256×192 | 75.1")
    table = {"protocol": {"flip_test": "yes"}}
    one = paper("alpha", [first], columns, **table)
    two = paper("beta", [second], columns, 2, **table)
    found = find_conflicts(catalog_of(one, two))
    assert bool(found) == clash
    if clash:
        assert found[0].cells == ("alpha-1/rival/ap", "beta-1/rival/ap")
        assert "alpha and beta; quoted from [9]" in found[0].reason


def test_one_network_with_two_parameter_counts_is_found_under_any_label() -> None:
    rows = [
        quoted("Rival", "28.5M", model="hrnet-w32", key="a"),
        quoted("Something else", "28.6M", model="hrnet-w32", key="b"),
    ]
    (found,) = find_conflicts(catalog_of(paper("alpha", rows, [PARAMS])))
    assert found.printed == ("28.5M", "28.6M")
    assert "the same network" in found.reason


@pytest.mark.parametrize(("origin", "clash"), [("quoted", True), ("own", False)])
def test_a_counting_rule_explains_a_difference_only_between_own_values(
    origin: str, clash: bool
) -> None:
    flops = {"key": "flops", "label": "FLOPs", "metric": "flops"}
    rows = [
        quoted("Rival", "7.2G", model="hrnet-w32", key=key, rule=rule, origins={"flops": origin})
        for key, rule in (("a", "exact"), ("b", "conv-linear"))
    ]
    rows[1]["cells"] = "7.1G"
    assert bool(find_conflicts(catalog_of(paper("alpha", rows, [flops])))) == clash


@pytest.mark.parametrize(
    ("metrics", "cells", "says"),
    [
        (("AP", "AP50"), "75.0 | 74.0", "impossible"),
        (("AP", "AP50"), "75.0 | 75.0", None),
        (("AP75", "AP50"), "91.0 | 90.9", "impossible"),
        (("AR", "AR50"), "80.0 | 79.0", "impossible"),
        (("AP", "AR"), "75.0 | 73.8", "impossible"),
        (("AP", "AR"), "75.0 | 74.1", None),
        (("AP", "AP_M", "AP_L"), "75.0 | 71.0 | 74.9", "unusual"),
        (("AP", "AP_M", "AP_L"), "75.0 | 71.0 | 81.0", None),
        (("AP", "AP_M", "AP_L"), "75.0 | - | 74.0", None),
    ],
)
def test_impossible_rows_are_found(metrics, cells, says) -> None:
    columns = [{"key": m.lower().replace("_", "-"), "label": m, "metric": m} for m in metrics]
    found = find_conflicts(catalog_of(paper("alpha", [quoted("Rival", cells)], columns)))
    assert [one.what for one in found] == ([f"{says}: Rival"] if says else [])


def test_a_mean_over_joints_is_among_its_joints() -> None:
    joints = ("head", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    columns = [{"key": j, "label": j, "metric": f"PCKh_{j}"} for j in joints]
    columns.append({"key": "mean", "label": "Mean", "metric": "PCKh"})
    good, bad = "97 | 96 | 91 | 87 | 90 | 88 | 84 | 91", "97 | 96 | 91 | 87 | 90 | 88 | 84 | 98.5"
    assert find_conflicts(catalog_of(paper("alpha", [quoted("R", good)], columns))) == ()
    (found,) = find_conflicts(catalog_of(paper("alpha", [quoted("R", bad)], columns)))
    assert found.what == "impossible: R"


def test_a_misprint_of_an_unknown_cell_is_rejected(tiny) -> None:
    wrong = tiny.papers["tinypaper"].misprints[0].model_copy(update={"cell": "9/x/ap"})
    changed = tiny.papers["tinypaper"].model_copy(update={"misprints": (wrong,)})
    with pytest.raises(CatalogError, match="unknown cell '9/x/ap'"):
        find_conflicts(catalog_of(changed))


CPN = ["transpose-3/cpn", "tfpose-6/heat-cpn", "lightpose-3/cpn", "lofr-1/cpn"]
CPN.append("querypose-5/two-stage-cpn")
AE = ["tfpose-6/heat-ae", "lofr-1/ae", "querypose-5/e2e-ae"]
OPENPOSE = ["tfpose-6/heat-cmu-pose", "querypose-5/e2e-cmu-pose"]
FIVE = ("ap", "ap50", "ap75", "ap-m", "ap-l")
#: All quantities with two printed values, found by hand in the five papers' tables: rows, then columns of each.
BY_HAND = [
    *((CPN, column) for column in FIVE),
    *((AE, column) for column in FIVE),
    *((OPENPOSE, column) for column in FIVE),
    (["transpose-2/simplebaseline-r152", "lightpose-2/simplebaseline-r152"], "flops"),
    (
        [
            "transpose-3/simplebaseline-r152-384x288",
            "tfpose-6/heat-simplebaseline-r152",
            "lightpose-3/simplebaseline-r152-384x288",
        ],
        "flops",
    ),
    (["transpose-2/hrnet-w32", "lightpose-2/hrnet-w32"], "flops"),
    (["tfpose-5/hourglass-256x256", "lightpose-4/hourglass"], "flops"),
    (["tfpose-5/deeppose-r101", "tfpose-6/reg-deeppose-r101"], "flops"),
    (["tfpose-3/nd6", "tfpose-4/without"], "flops"),
]


def contradictions() -> list[Conflict]:
    found = find_conflicts(load_catalog())
    return [c for c in found if not c.what.startswith(("likely misprint", "impossible", "unusual"))]


def test_the_five_papers_contradict_each_other_where_a_reader_finds_it_and_nowhere_else() -> None:
    wanted = {frozenset(f"{row}/{column}" for row in rows) for rows, column in BY_HAND}
    assert len(wanted) == 21
    assert {frozenset(one.cells) for one in contradictions()} == wanted


def test_what_may_explain_a_contradiction_is_said_and_not_hidden() -> None:
    reasons = {one.cells[0]: one.reason for one in contradictions()}
    cpn = reasons["transpose-3/cpn/ap"]
    assert (
        "73.0 is what lightpose-3/cpn-ensemble/ap prints for CPN ResNet-Inception (ensemble)" in cpn
    )
    ae = reasons["tfpose-6/heat-ae/ap"]
    assert "tfpose-6: scales single, lofr-1: nothing, querypose-5: test augmentation" in ae
    assert "refinement single-person model" in ae
    openpose = reasons["tfpose-6/heat-cmu-pose/ap"]
    assert "OpenPose (Cao et al., CVPR 2017), OpenPose (Cao et al., TPAMI 2019)" in openpose
    assert "refinement single-person model" in openpose
    assert "coco-val2017 and mpii-val" in reasons["tfpose-5/hourglass-256x256/flops"]


SIZED = [("256x192", "70.6"), ("384x288", "72.1")]


def test_a_baseline_without_a_printed_size_has_the_size_of_its_value() -> None:
    columns = [SIZE, AP]
    sizes = [quoted("CPN", f"{size} | {ap}", key=f"s{size}") for size, ap in SIZED]
    one = paper("alpha", sizes, columns)
    for ap, clashes in (("70.6", 0), ("72.1", 0), ("73.0", 2)):
        two = paper("beta", [quoted("CPN", f"- | {ap}")], columns, 2)
        assert len(find_conflicts(catalog_of(one, two))) == clashes


def test_a_method_under_two_labels_is_one_method_by_its_aliases() -> None:
    methods = Methods.model_validate(
        {"methods": {"ae": {"name": "AE", "aliases": ["AE", "Assoc. Emb."]}}}
    )
    one = paper("alpha", [quoted("AE [1]", "512x512 | 65.5")], [SIZE, AP])
    two = paper("beta", [quoted("Assoc. Emb. [2]", "512x512 | 56.6")], [SIZE, AP], 2)
    assert not find_conflicts(catalog_of(one, two))
    (found,) = find_conflicts(replace(catalog_of(one, two), methods=methods))
    assert (found.what, found.printed) == ("AP of AE", ("65.5", "56.6"))


@pytest.mark.parametrize(("metric", "clash"), [("AP", True), ("fps", False)])
def test_another_machine_explains_a_speed_and_no_accuracy(metric: str, clash: bool) -> None:
    columns = [{"key": "x", "label": metric, "metric": metric}]
    tables = [
        paper(
            "alpha", [quoted("CPN", x)], columns, table=number, protocol={"machine": name}
        ).tables[0]
        for number, x, name in (("1", "27", "Tesla T4"), ("2", "25", "RTX 2080 Ti"))
    ]
    both = paper("alpha", [quoted("CPN", "27")], columns).model_copy(
        update={"tables": tuple(tables)}
    )
    assert bool(find_conflicts(catalog_of(both))) == clash


def test_speeds_of_one_method_conflict_within_a_paper_only() -> None:
    fps = {"key": "fps", "label": "FPS", "metric": "fps"}
    both = [quoted("CPN", "27", key="a"), quoted("CPN", "25", key="b")]
    tables = [paper("alpha", [row], [fps], table=str(i)).tables[0] for i, row in enumerate(both, 1)]
    alone = paper("alpha", both[:1], [fps]).model_copy(update={"tables": tuple(tables)})
    assert len(find_conflicts(catalog_of(alone))) == 1
    apart = [paper("alpha", both[:1], [fps]), paper("beta", both[1:], [fps], 2)]
    assert not find_conflicts(catalog_of(*apart))
