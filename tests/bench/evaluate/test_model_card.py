"""Model cards: every mistake is named by field and line."""

from pathlib import Path

import pytest

from bench.errors import DataError
from bench.evaluate.model_card import read_card

CARD = """\
name: my-net
title: My Net, ResNet-50
authors: A. Stranger
link: https://example.org/my-net
boxes: detector-56.4
input_size: 256x192
flip_test: yes
training_data: COCO train2017
"""


def test_a_card_is_read(tmp_path: Path):
    (tmp_path / "card.yaml").write_text(CARD)
    card = read_card(tmp_path / "card.yaml")
    assert (card.name, card.flip_test, card.note) == ("my-net", True, None)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("name: ../../etc", "line 1, name: got .*, expected up to 60 lowercase letters"),
        ("name: My Net", "line 1, name: got .*, expected up to 60 lowercase letters"),
        ("link: javascript:alert(1)", "link: got .*, expected an address"),
        ('title: "a\\x07b"', "title: .*unprintable characters"),
        ('title: "My Net \\u202e"', "title: .*unprintable characters"),
        ('link: "https://example.org/\\u202egpj"', "link: .*unprintable characters"),
        ("title: " + "x" * 300, "title: got 'x{60}', expected a line of up to 200"),
        ("boxes: mine", "boxes: got 'mine', expected ground-truth, detector"),
        ("input_size: large", "input_size: got 'large', expected height x width"),
        ("colour: red", "colour: unknown field; allowed are name, title, authors"),
        ("authors:", "authors: got 'None', expected a line"),
        ("note: *x", "aliases"),
        ("note: [a", r"card\.yaml:\d+: not readable YAML"),
        ("note: !!python/object/apply:os.system [ls]", "not readable YAML"),
    ],
)
def test_a_card_with_a_mistake_is_refused_by_line(tmp_path: Path, line: str, message: str):
    field = line.partition(":")[0]
    kept = [one for one in CARD.splitlines() if not one.startswith(f"{field}:")]
    lines = [line, *kept] if field == "name" else [*kept, line]
    (tmp_path / "card.yaml").write_text("\n".join(lines))
    with pytest.raises(DataError, match=message):
        read_card(tmp_path / "card.yaml")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("name: 2024", 'line 1, name: YAML reads 2024 as a number; put it in quotes: name: "2024"'),
        ("name: yes", 'YAML reads yes as yes or no; put it in quotes: name: "yes"'),
        ("title: 2024-05-01", 'YAML reads 2024-05-01 as a date; put it in quotes: title: "2024'),
        ("authors: 3.10  # a version", 'YAML reads 3.10 as a number; .* authors: "3.10"'),
        (
            "input_size: 12:30",
            'YAML reads 12:30 as a number; put it in quotes: input_size: "12:30"',
        ),
    ],
)
def test_a_text_that_yaml_reads_as_something_else_is_shown_in_quotes(tmp_path, line, message):
    field = line.partition(":")[0]
    kept = [one for one in CARD.splitlines() if not one.startswith(f"{field}:")]
    (tmp_path / "card.yaml").write_text("\n".join([line, *kept]))
    with pytest.raises(DataError, match=message):
        read_card(tmp_path / "card.yaml")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_card_is_read_in_unicode_with_and_without_a_mark(tmp_path: Path, encoding: str):
    (tmp_path / "card.yaml").write_bytes(CARD.replace("A. Str", "Á. Str").encode(encoding))
    card = read_card(tmp_path / "card.yaml")
    assert (card.name, card.authors) == ("my-net", "Á. Stranger")


@pytest.mark.parametrize(
    ("encoding", "byte"), [("latin-1", "0xc1"), ("cp1252", "0xc1"), ("mac-roman", "0xe7")]
)
def test_a_card_in_another_encoding_is_named_by_line(tmp_path: Path, encoding: str, byte: str):
    (tmp_path / "card.yaml").write_bytes(CARD.replace("A. Str", "Á. Str").encode(encoding))
    with pytest.raises(
        DataError, match=rf"card\.yaml:3: byte {byte} is not UTF-8, .*save .* as UTF-8"
    ):
        read_card(tmp_path / "card.yaml")


def test_a_card_without_a_field_names_it(tmp_path: Path):
    (tmp_path / "card.yaml").write_text(CARD.replace("flip_test:", "# flip_test:"))
    with pytest.raises(DataError, match="flip_test is missing: yes or no"):
        read_card(tmp_path / "card.yaml")


def test_a_card_of_megabytes_is_not_parsed(tmp_path: Path):
    (tmp_path / "card.yaml").write_text(CARD + "#" * 30_000)
    with pytest.raises(DataError, match="at most 20000 are read"):
        read_card(tmp_path / "card.yaml")
