"""Which rows are one method: every row of every table has one, or is listed as showing none."""

from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from bench.catalog.load import PAPERS, load_catalog
from bench.catalog.methods import load_methods, normalised, printed_name, wrong_methods
from bench.errors import CatalogError

CATALOG = load_catalog()
METHODS = CATALOG.methods.methods
#: Rows whose counts are those of another method's network.
BORROWED = {"lofr-1/udp": "UDP changes coding and flip alignment, not the network"}


def rows() -> list[tuple[str, str]]:
    return [(table, row) for table, rows in CATALOG.rows.items() for row in rows]


@pytest.mark.parametrize(("table", "row"), rows())
def test_every_row_shows_one_method_or_is_listed_as_showing_none(table: str, row: str) -> None:
    key = CATALOG.method_keys[table, row]
    reason = CATALOG.methods.reason_for_none(table, row)
    assert (key in METHODS) != bool(reason)


def test_every_alias_and_every_exception_is_used() -> None:
    printed = {
        printed_name(table, row) for _, table in CATALOG.tables.values() for row in table.rows
    }
    unused = [a for m in METHODS.values() for a in m.aliases if normalised(a) not in printed]
    assert not unused
    assert not [
        p for p in CATALOG.methods.none if not any(fnmatchcase("/".join(r), p) for r in rows())
    ]
    run = {CATALOG.methods.of_model(run.config) for run in CATALOG.runs.values()}
    assert None not in run  # a run that no table shows has a name on the leaderboard, too
    assert set(METHODS) == run | set(CATALOG.method_keys.values()) - {None}


def test_a_row_and_its_zoo_model_are_one_method() -> None:
    for (table, row), key in CATALOG.method_keys.items():
        for cell in CATALOG.rows[table][row]:
            if cell.model and key and f"{table}/{row}" not in BORROWED:
                assert CATALOG.methods.of_model(cell.model) == key, cell.name


def test_a_label_never_hides_another_method_than_its_run() -> None:
    for name, (_, table) in CATALOG.tables.items():
        for row in table.rows:
            named = CATALOG.methods._names.get(printed_name(table, row))
            if named and not row.method:
                assert [CATALOG.method_keys[name, row.key]] == named


@pytest.mark.parametrize(
    ("rows", "name"),
    [
        (["transpose-3/cpn", "tfpose-6/heat-cpn", "lightpose-3/cpn", "lofr-1/cpn"], "CPN ResNet-Inception"),
        (["querypose-5/two-stage-cpn"], "CPN ResNet-Inception"),
        (["tfpose-6/heat-ae", "lofr-1/ae", "querypose-5/e2e-ae"], "Associative Embedding"),
        (["tfpose-6/heat-cmu-pose", "querypose-5/e2e-cmu-pose", "lofr-3/openpose"], "OpenPose"),
        (["tfpose-5/hourglass-256x256", "lightpose-4/hourglass", "lofr-2/newell"], "Hourglass (8 stacks)"),
        (["lofr-1/transp", "transpose-3/transpose-h-s"], "TransPose-H-S"),
        (["lofr-1/tfpose", "tfpose-6/reg-ours-e6-384x288"], "TFPose ResNet-50 6+6"),
        (["lofr-4/ours-ws-coco-hr32"], "LOFR-WS HRNet-W32"),
        (["lofr-2/sun-hrnet", "transpose-2/hrnet-w32"], "HRNet-W32"),
        (["transpose-4/sine", "transpose-7/transpose-r-a3", "transpose-2/transpose-r-a3"], "TransPose-R-A3"),
    ],
)  # fmt: skip
def test_one_method_has_one_name_in_all_papers(rows: list[str], name: str) -> None:
    keys = {CATALOG.method_keys[tuple(row.split("/"))] for row in rows}
    assert {METHODS[key].name for key in keys} == {name}


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("lightpose-3/cpn", "lightpose-3/cpn-ensemble"),
        ("tfpose-5/cpn-384x288", "tfpose-6/heat-cpn"),  # another backbone
        ("lofr-1/sbn", "lofr-1/udp"),  # one network, another coding
        ("lofr-2/sun-hrnet", "lofr-2/sun-normalization"),  # one printed label
        ("transpose-2/transpose-r-a3", "transpose-2/transpose-r-a3s"),  # the star
        ("lofr-1/dekr", "querypose-5/e2e-dekr"),
        ("querypose-2b/sim", "querypose-4/sparse-querypose-r50"),  # another schedule
    ],
)
def test_backbone_schedule_and_ensemble_keep_methods_apart(one: str, two: str) -> None:
    assert len({CATALOG.method_keys[tuple(row.split("/"))] for row in (one, two)}) == 2


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("HRNet-W48 [51]", "hrnet w48", True),
        ("LightPose-R50 (ours)", "LightPose R50", True),
        ("Su et al., arXiv’19 [50]", "Su et al. arXiv’19", True),
        ("HRNet-W32", "HRNet-W48", False),
        ("TransPose-R-A3", "TransPose-R-A3*", False),
        ("CPN", "CPN†", False),
    ],
)
def test_spelling_and_references_do_not_matter_and_marks_do(one: str, two: str, same: bool) -> None:
    assert (normalised(one) == normalised(two)) == same


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: {name: A, aliases: [X-1]}\n  b: {name: B, aliases: [x 1]}", "alias 'x1' of 'b' is also of 'a'"),
        ("a: {name: A, models: [m]}\n  b: {name: B, models: [m]}", "model 'm' of 'b' is also of 'a'"),
        ("a: {name: A}\n  b: {name: A}", "name 'A' is given to two methods"),
        ("a: {name: A}\n  b: {name: B, variant_of: c}", "'b' is a variant of unknown 'c'"),
        ("a: {name: A}\n  b: {name: B, colour: red}", "Extra inputs are not permitted"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "methods.yaml"
    file.write_text(f"methods:\n  {text}\n")
    with pytest.raises(CatalogError) as error:
        load_methods([file])
    assert f"{file}:" in str(error.value)
    assert message in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_a_key_in_two_files_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "methods.yaml").write_text("methods: {cpn: {name: Another}}\n")
    with pytest.raises(CatalogError, match="method 'cpn' is also in another"):
        load_methods([PAPERS / "methods.yaml", tmp_path / "methods.yaml"])
    assert load_methods([tmp_path / "none.yaml"]).methods == {}


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("nowhere", "row 'integral' names unknown method 'nowhere'; add it to methods.yaml"),
        ("cpn", "row 'integral' prints 256x256, but method 'cpn' has only 384x288"),
    ],
)
def test_a_row_that_names_a_wrong_method_is_reported(key: str, message: str) -> None:
    paper = CATALOG.papers["transpose"]
    table = paper.tables[2]
    changed = tuple(
        row.model_copy(update={"method": key}) if row.key == "integral" else row
        for row in table.rows
    )
    tables = (*paper.tables[:2], table.model_copy(update={"rows": changed}), *paper.tables[3:])
    path = PAPERS / "transpose" / "tables.yaml"
    (line,) = wrong_methods(CATALOG.methods, paper.model_copy(update={"tables": tables}), path)
    assert message in line
    assert line.startswith(f"{path}:")
