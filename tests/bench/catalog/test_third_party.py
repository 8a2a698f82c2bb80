"""Figures of others as data: complete, and every mistake in one line."""

from collections import Counter
from pathlib import Path

import pytest

from bench.catalog.load import PAPERS, load_catalog
from bench.catalog.third_party import key_of, load_third_party
from bench.errors import CatalogError

CATALOG = load_catalog()
GOOD = """- id: one
  cells: {"transpose:2/hrnet-w32/ap": 74.9, "transpose:2/hrnet-w32/ar": 80.4}
  model: pose_hrnet_w32
  metric: AP
  value: 74.9
  printed: "0.749"
  also: {AR: 80.4}
  measured_by: library
  source: {repository: owner/zoo, path: "docs/a.md", commit: "%s", accessed: "2026-11-29"}
  date: "2022-10-09"
  protocol: {split: coco-val2017}
  differs: [framework]
""" % ("0" * 40)


def load(tmp_path: Path, text: str, paper: str | None = "transpose") -> str:
    """The error for a file with this text; empty if it loads."""
    file = tmp_path / "third_party.yaml"
    file.write_text(text)
    try:
        load_third_party({file: paper}, CATALOG.cell_index)
    except CatalogError as error:
        return str(error)
    return ""


def test_all_records_are_there_each_once_and_beside_what_it_is_about() -> None:
    records = CATALOG.third_party
    assert len(records) == len({record.id for record in records}) == 319
    kinds = Counter(record.measured_by for record in records)
    assert kinds == {"authors": 118, "library": 121, "user": 80}
    assert len({address for record in records for address in record.cells}) == 455
    assert Counter(len({key_of(a)[0] for a in r.cells}) > 1 for r in records) == {
        True: 127,
        False: 192,
    }


def test_every_record_has_source_and_access_date_within_the_printed_digits() -> None:
    for record in CATALOG.third_party:
        assert record.source.accessed.isoformat() == "2026-11-29"
        assert record.source.issue or record.source.commit
        assert 0.0 < record.half_step <= 2.0, record.id


def test_a_good_record_loads(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD) == ""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (', accessed: "2026-11-29"', "", "accessed: Field required"),
        ('  date: "2022-10-09"\n', "", "date: Field required"),
        ("2/hrnet-w32/ap", "2/hrnet-w99/ap", "unknown cell 'transpose:2/hrnet-w99/ap'"),
        ("2/hrnet-w32/ap", "2/hrnet-w32/input-size", "which is a setting"),
        ("2/hrnet-w32/ap", "2/hrnet-w32/params", "has another value for params"),
        ('"transpose:2/hrnet-w32/ap": 74.9', '"transpose:2/hrnet-w32/ap": 75.0', "neither `value` nor in `also`"),
        ("value: 74.9", "value: high", "unable to parse string as a number"),
        ('printed: "0.749"', 'printed: "0.75"', "value 74.9 is not what '0.75' says"),
        ("also: {AR: 80.4}", "also: {ARR: 80.4}", "unknown metric 'ARR'"),
        ("repository: owner/zoo", "repository: 'javascript:alert(1)'", "should match pattern"),
        ('path: "docs/a.md"', 'path: "docs/../a.md"', "does not contain '..'"),
        ('path: "docs/a.md"', "path: 'a\" onclick=x'", "should match pattern"),
        ('path: "docs/a.md", ', "", "either a path with its commit, or an issue"),
        ("measured_by: library", "measured_by: us", "'authors', 'library' or 'user'"),
        ("differs: [framework]", "differs: [mood]", "Input should be"),
        ("model: pose", "colour: red\n  model: pose", "Extra inputs are not permitted"),
        ("value: 74.9", "value: .inf", "finite number"),
        ("value: 74.9", "value: -74.9", "greater than or equal to 0"),
        ("also: {AR: 80.4}", "also: {AR: .nan}", "finite number"),
        ('74.9\n  printed: "0.749"', '74.9\n  printed: "74900"', "value 74.9 is not what '74900' says"),
        ('date: "2022-10-09"', 'date: "2026-12-01"', "is after its access on 2026-11-29"),
        ("{split: coco-val2017}", "{boxs: ground-truth}", "unknown protocol key 'boxs'; known are: split, boxes"),
        ('"transpose:2/hrnet-w32/ar": 80.4', '"lightpose:2/hrnet-w32/ar": 80.4', "move it to papers/third_party.yaml"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_with_its_place(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in GOOD
    error = load(tmp_path, GOOD.replace(old, new, 1))
    assert message in error
    assert len(error.splitlines()) == 1
    assert f"{tmp_path / 'third_party.yaml'}:" in error


def test_a_folder_of_papers_that_is_given_twice_is_read_once() -> None:
    assert load_catalog(PAPERS).third_party == CATALOG.third_party


def test_an_id_given_twice_is_an_error(tmp_path: Path) -> None:
    assert "id 'one' is given 2 times" in load(tmp_path, GOOD + GOOD)


def test_a_record_about_one_paper_lies_in_its_folder(tmp_path: Path) -> None:
    assert "move it to papers/transpose/third_party.yaml" in load(tmp_path, GOOD, None)
