"""The place of a claim: what it may name, how it is shown, and the words that files had before."""

import logging
import shutil
from pathlib import Path

import pytest
from pydantic import ValidationError

from bench.catalog.load import PAPERS, load_catalog
from bench.catalog.place import Place
from bench.catalog.schema import Claim
from bench.catalog.yaml_lines import append_to, read_yaml
from bench.errors import CatalogError

SENTENCE = {"page": 9, "section": "4.3", "paragraph": 1, "sentence": 3}
PLAIN = {"id": "one", "claim": "A is above B", "expression": "[1/a/ap] > [1/b/ap]"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (SENTENCE, "Sec. 4.3, p. 9, paragraph 1, sentence 3"),
        (
            {"page": 1, "section": "Abstract", "paragraph": 1, "sentence": 7},
            "Abstract, p. 1, paragraph 1, sentence 7",
        ),
        ({"page": 9, "section": "4.3"}, "Sec. 4.3, p. 9"),
        ({"page": 5, "table": "2", "sentence": 2}, "Table 2, caption, p. 5, sentence 2"),
        (
            {"page": 5, "table": "2", "row": "a", "column": "fps"},
            "Table 2, p. 5, row a, column fps",
        ),
        ({"page": 7, "figure": "5"}, "Figure 5, p. 7"),
        ({"page": 5, "footnote": 1, "sentence": 1}, "footnote 1, p. 5, sentence 1"),
    ],
)
def test_a_place_in_words(given, words):
    assert Place.model_validate(given).words == words


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"page": 9}, "names one of section, table, figure, footnote, not none of them"),
        ({"page": 9, "section": "4", "table": "2"}, "not section and table"),
        ({"page": 0, "section": "4"}, "greater than or equal to 1"),
        ({"page": 9, "section": "4", "sentence": 3}, "needs its paragraph"),
        ({"page": 9, "table": "2", "paragraph": 1}, "counted in a section only"),
        ({"page": 9, "section": "4", "row": "a"}, "those of a table"),
        ({"page": 9, "table": "2", "row": "a", "sentence": 1}, "those of a table"),
        ({"page": 9, "section": "4", "line": 1}, "Extra inputs are not permitted"),
    ],
)
def test_a_place_that_is_none_is_rejected(given, message):
    with pytest.raises(ValidationError, match=message):
        Place.model_validate(given)


def test_all_places_of_a_claim_are_shown():
    claim = Claim.model_validate({**PLAIN, "place": SENTENCE, "also": [{"page": 1, "figure": "1"}]})
    assert claim.where == "Sec. 4.3, p. 9, paragraph 1, sentence 3; Figure 1, p. 1"


def test_the_words_of_release_0_1_are_still_read_and_survive_a_snapshot():
    claim = Claim.model_validate({**PLAIN, "where": "Sec. 4, p. 9"})
    assert (claim.where, claim.place) == ("Sec. 4, p. 9", None)
    assert Claim.model_validate_json(claim.model_dump_json()) == claim


@pytest.mark.parametrize("given", [{}, {"where": "p. 1", "place": SENTENCE}])
def test_a_claim_has_one_of_the_two(given):
    with pytest.raises(ValidationError, match="give `place`"):
        Claim.model_validate({**PLAIN, **given})


def test_our_threshold_needs_a_reason():
    ours = {**PLAIN, "place": SENTENCE, "threshold": "ours"}
    with pytest.raises(ValidationError, match="give the reason for our threshold in `note`"):
        Claim.model_validate(ours)
    assert Claim.model_validate({**ours, "note": "comparable is not defined"}).threshold == "ours"


# ---------------------------------------------------------------- in a paper


@pytest.fixture
def papers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The fixture paper alone, to be edited."""
    folder = Path(__file__).resolve().parents[2] / "fixtures" / "papers" / "tinypaper"
    shutil.copytree(folder, tmp_path / "tinypaper")
    monkeypatch.setattr("bench.catalog.load.PAPERS", tmp_path)
    return tmp_path / "tinypaper" / "claims.yaml"


def claims_file(path: Path, place: str) -> None:
    text = f'- {{id: one, {place}, claim: A, expression: "[1/tiny-b/ap] > [1/tiny-a/ap]"}}\n'
    path.write_text("# a comment\n" + text)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ('{page: 5, table: "1", row: tiny-d}', "table 1 has no row 'tiny-d'; there are rival,"),
        ('{page: 5, table: "1", column: apx}', "table 1 has no column 'apx'; there are input-size"),
        ('{page: 6, table: "1"}', "its place is on page 6, and table 1 on page 5"),
        ('{page: 5, table: "9"}', "its place is in table '9', which is not in tables.yaml"),
    ],
)
def test_a_place_in_a_table_that_has_it_not_is_reported_with_its_line(papers, place, message):
    claims_file(papers, f"place: {place}")
    with pytest.raises(CatalogError) as error:
        load_catalog()
    assert str(error.value).startswith(f"{papers}:2: claim 'one': {message}")


def test_the_old_words_are_noted_once_per_paper_and_places_are_not(papers, caplog):
    claims_file(papers, 'where: "Sec. 1, p. 1"')
    with caplog.at_level(logging.WARNING):
        load_catalog()
    (note,) = caplog.messages
    assert note.startswith(f"{papers}: 1 of 1 claims have `where`; write `place: {{page, section,")
    caplog.clear()
    claims_file(papers, "place: {page: 1, section: Abstract, paragraph: 1, sentence: 1}")
    load_catalog()
    assert caplog.messages == []


def test_no_paper_of_the_project_has_the_old_words(caplog):
    load_catalog(PAPERS)
    assert [note for note in caplog.messages if "`where`" in note] == []


# ---------------------------------------------------------------- adding to a file


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- {id: a}\n- {id: b}\n", "- {id: a}\n- {id: b, list: [{n: 1}]}\n"),
        ("- {id: a}\n- {id: b, list: []}\n", "- {id: a}\n- {id: b, list: [{n: 1}]}\n"),
        (
            "- {id: a}\n- {id: b, list: [{n: 0}]}\n",
            "- {id: a}\n- {id: b, list: [{n: 0}, {n: 1}]}\n",
        ),
        ("- id: a\n\n- id: b", "- id: a\n\n- id: b\n  list:\n    - {n: 1}\n"),
        (
            "# c\n- id: a\n- id: b  # d\n  x: >-\n    y\n    z\n\n# e\n- id: f\n",
            "# c\n- id: a\n- id: b  # d\n  x: >-\n    y\n    z\n  list:\n    - {n: 1}\n\n# e\n- id: f\n",
        ),
        (
            "- id: a\n- id: b\n  list:\n    - {n: 0}\n  x: 1\n",
            "- id: a\n- id: b\n  list:\n    - {n: 0}\n    - {n: 1}\n  x: 1\n",
        ),
    ],
)
def test_an_entry_is_added_and_the_rest_of_the_file_stays(tmp_path, text, expected):
    path = tmp_path / "claims.yaml"
    path.write_text(text)
    added = append_to(path, 1, "list", "{n: 1}")
    assert added == expected
    path.write_text(added)
    assert read_yaml(path)[1]["list"][-1] == {"n": 1}
