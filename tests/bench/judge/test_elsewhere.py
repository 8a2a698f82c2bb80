"""Figures of others beside printed cells: agreement, protocol, and no influence on verdicts."""

from dataclasses import replace

import pytest

from bench.catalog.load import Catalog, load_catalog
from bench.catalog.third_party import ThirdParty
from bench.judge.elsewhere import FIELDS, Elsewhere, as_records, brief, reported_elsewhere
from bench.judge.evidence import Measurements
from bench.judge.verdicts import judge_all
from bench.results.index import ResultIndex
from tests.factories import Memory, trained

ADDRESS = "tinypaper:1/tiny-a/ap"  # printed 75.8; coco-val2017, detector-56.4, 256x192, flip test
SAME = {
    "split": "coco-val2017",
    "boxes": "detector-56.4",
    "input_size": "256x192",
    "flip_test": "yes",
}


def figure(value: float, printed: str | None = None, cell: str = ADDRESS, **more) -> ThirdParty:
    source = {"repository": "owner/zoo", "issue": 7, "accessed": "2026-11-29"}
    plain = {
        "id": f"r{value}".replace(".", "-"),
        "cells": {cell: value},
        "metric": "AP",
        "value": value,
        "printed": printed or f"{value}",
        "measured_by": "library",
        "source": source,
        "date": "2022-10-09",
        "protocol": SAME,
    }
    return ThirdParty.model_validate({**plain, **more})


def joined(catalog: Catalog, *figures: ThirdParty) -> tuple[Elsewhere, ...]:
    (found,) = reported_elsewhere(replace(catalog, third_party=figures)).values()
    return found


@pytest.mark.parametrize(
    ("value", "printed", "agreement"),
    [
        (75.8, "0.758", "within-rounding"),
        (75.84, "75.84", "within-rounding"),
        (75.9, "0.759", "within-tolerance"),  # no number rounds to both
        (76.0, "76.0", "within-tolerance"),
        (76.4, "76.4", "within-tolerance"),
        (76.5, "76.5", "differs"),
        (75.4, "75.4", "within-tolerance"),
        (72.0, "72.0", "differs"),
    ],
)
def test_agreement_knows_the_digits_of_both_sides(tiny, value, printed, agreement) -> None:
    (one,) = joined(tiny, figure(value, printed))
    assert (one.agreement, one.comparison) == (agreement, "exact")
    assert one.difference == pytest.approx(value - 75.8)


@pytest.mark.parametrize(
    ("protocol", "noted", "comparison", "says"),
    [
        ({}, [], "exact", "differs by +1.2, same protocol"),
        ({}, ["framework", "schedule"], "exact", "same protocol (other framework, schedule)"),
        ({"boxes": "ground-truth"}, ["boxes"], "proxy", "differs by +1.2; other boxes"),
        ({"split": "coco-test-dev2017"}, [], "proxy", "other split"),
        ({}, ["split"], "exact", "same protocol"),  # noted for another cell of the record
        ({}, ["architecture"], "proxy", "other architecture"),
        ({"flip_test": "not stated"}, [], "unknown", "not fully known (not stated: flip test)"),
        ({"flip_test": "not stated"}, ["flip_test"], "proxy", "other flip test"),
        ({}, ["unknown"], "unknown", "something that the source leaves open"),
        ({}, ["printed_value"], "exact", "same protocol"),
    ],
)
def test_protocols_are_compared_key_by_key(tiny, protocol, noted, comparison, says) -> None:
    (one,) = joined(tiny, figure(77.0, protocol={**SAME, **protocol}, differs=noted))
    assert one.comparison == comparison
    assert says in one.summary


def test_counts_depend_on_the_input_size_and_speeds_on_the_machine(tiny) -> None:
    flops = {"metric": "flops", "unit": "G", "cell": "tinypaper:1/tiny-a/flops"}
    (one,) = joined(tiny, figure(8.0, protocol={"input_size": "192x256"}, **flops))
    assert (one.agreement, one.comparison) == ("within-rounding", "exact")
    (one,) = joined(tiny, figure(8.2, **flops, differs=["flop_counting"]))
    assert (one.agreement, one.comparison) == ("differs", "proxy")
    fps = {"metric": "fps", "cell": "tinypaper:1/tiny-a/fps"}
    (one,) = joined(tiny, figure(95.0, protocol={"input_size": "256x192"}, **fps))
    assert (one.agreement, one.comparison, one.unstated) == (
        "within-tolerance",
        "unknown",
        ("hardware",),
    )


def test_a_cell_in_short_names_authors_and_others_and_proxies_last(tiny) -> None:
    authors = figure(79.5, measured_by="authors")
    proxy = figure(90.0, differs=["boxes"], protocol={})
    found = joined(tiny, figure(75.0), figure(74.5), authors, proxy)
    assert found[0].by_authors
    assert brief(found) == ["authors 79.5", "others 74.5–75.0"]
    assert brief([one for one in found if one.comparison == "proxy"]) == ["1 by proxy"]
    assert brief(()) == []


def test_links_are_built_from_checked_parts() -> None:
    links = [o.link for all_ in reported_elsewhere(load_catalog()).values() for o in all_]
    assert len(links) == 1294
    assert all(link.startswith("https://github.com/") for link in links)
    assert not [link for link in links if set(link) & set("\"'<> ?#")]


def test_known_disagreements_are_found() -> None:
    found = reported_elsewhere(load_catalog())
    readme = found["transpose", "2", "transpose-h-s", "ar"][0]
    assert (
        readme.summary == "differs by +1.5, same protocol"
    )  # 79.5 in the authors' README, 78.0 printed
    (copied,) = (
        one for one in found["transpose", "2", "simplebaseline-r152", "flops"] if one.by_authors
    )
    assert (copied.shown, copied.agreement) == ("15.7", "differs")


def test_records_have_the_documented_fields(tiny) -> None:
    (record,) = as_records(replace(tiny, third_party=(figure(75.8),)))
    assert tuple(record) == FIELDS
    assert record["link"] == "https://github.com/owner/zoo/issues/7"


def test_no_verdict_depends_on_them(tiny) -> None:
    results = {f"r{seed}": trained("tiny-a-coco", seed, 60.0, "full") for seed in range(3)}
    index = ResultIndex(Memory(results))
    others = replace(tiny, third_party=(figure(60.0),))
    with_them, without = (judge_all(Measurements(one, index)) for one in (others, tiny))
    assert with_them == without
    (verdict,) = (v for v in without.verdicts if v.key == ("tinypaper", "1", "tiny-a", "ap"))
    assert verdict.verdict != "reproduced"
