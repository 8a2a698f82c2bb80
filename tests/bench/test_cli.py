import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from bench.catalog import load
from bench.catalog.load import load_catalog
from bench.cli import SECTIONS, main


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace: nothing measured, no data."""
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path))
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.mark.parametrize(
    "command", ["cells", "runs", "results", "claims", "conflicts", "coverage", "judge"]
)
def test_answers_are_a_json_list_on_standard_output(command, workspace):
    done = run(command, "--json")
    assert done.exit_code == 0, done.output
    assert isinstance(json.loads(done.stdout), list)


@pytest.mark.parametrize(
    "command",
    [
        *("runs", "claims", "conflicts", "coverage"),
        pytest.param("cells", marks=pytest.mark.slow),
        pytest.param("judge", marks=pytest.mark.slow),
    ],
)
def test_tables_in_the_terminal_hold_text_and_no_code(command, workspace):
    done = run(command)
    assert done.exit_code == 0, done.output
    assert "transpose" in done.stdout
    assert not any(sign in done.stdout for sign in ("{", "}", "': "))


def test_cells_carry_the_documented_fields(workspace):
    rows = json.loads(run("cells", "--json", "--paper", "transpose", "--table", "4").stdout)
    assert {"paper", "table", "row", "column", "printed", "unit", "origin"} <= set(rows[0])
    by_place = {(r["row"], r["column"]): r["printed"] for r in rows}
    assert by_place["Learnable", "AP"] == "70.9"


def test_every_cell_of_the_catalog_is_listed(workspace):
    rows = json.loads(run("cells", "--json").stdout)
    assert len(rows) == sum(1 for _ in load_catalog().cells())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "transpose-99"], "unknown table 'transpose-99'; did you mean: transpose-"),
        (["cells", "--paper", "transpos"], "unknown paper 'transpos'; did you mean: transpose"),
        (["measure", "transpose-r-a9-coco"], "unknown run 'transpose-r-a9-coco'; did you mean"),
        (
            ["measure", "transpose-r-a3-coco", "--tier", "smok"],
            "unknown tier 'smok'; did you mean: smoke",
        ),
        (["prepare", "cocoa"], "unknown data set 'cocoa'; did you mean: coco"),
        pytest.param(
            ["count", "transpose-r-a33"],
            "unknown model 'transpose-r-a33'",
            marks=pytest.mark.network,
        ),
        (["count", "transpose-r-a4", "--with", "flopco"], "unknown counter 'flopco'; did you mean"),
        (["count", "transpose-r-a4", "--with", ""], "unknown counter ''; known names: calflops"),
        (["count", "--with", "thop"], "name the networks that --with counts"),
        (["count", "--paper", "lofr", "--with", "thop"], "name the networks that --with counts"),
        (
            ["count", "transpose-r-a4", "--json"],
            "--json prints what --with counts; give --with, too",
        ),
        (["measure", "transpose-r-a3-coco", "--seeds", "3-1"], "'3-1' is no seed and no range"),
        (["measure", "transpose-r-a3-coco", "--seeds", "1,,2"], "'' is no seed and no range"),
        (
            ["measure", "transpose-r-a3-coco", "--seeds", "0-1000"],
            "'0-1000' is no seed and no range",
        ),
        (["measure", "transpose-r-a3-coco", "--seeds", "4294967296"], "numbers below 4294967296"),
        (["measure"], "Missing argument 'RUN'; see `repropose measure --help`"),
        (["new", "paper"], "Missing argument 'NAME'; see `repropose new paper --help`"),
        (["judge", "--fali-on", "x"], "--fali-on"),
        (["jugde"], "No such command 'jugde'"),
        (["judge", "--fail-on", "deviate"], "unknown verdict 'deviate'; did you mean: deviates"),
    ],
)
def test_a_wrong_name_gets_one_line_and_status_2(arguments, message, workspace):
    done = run(*arguments)
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_group_without_a_command_shows_its_commands(workspace):
    done = run("new")
    assert "Commands:" in done.output
    assert "see `" not in done.output


def commands() -> list[tuple[str, click.Command]]:
    """Every command with its words: 'new paper', ..."""
    found = []
    for name, command in main.commands.items():
        inner = command.commands if isinstance(command, click.Group) else {"": command}
        found += [(f"{name} {other}".strip(), one) for other, one in inner.items()]
    return found


def test_help_lists_every_command_in_one_section_and_one_line():
    lines = run("--help").stdout.splitlines()
    for heading, listed in SECTIONS.items():
        first = lines.index(f"{heading}:") + 1
        shown = [line.split()[0] for line in lines[first : first + len(listed.split())]]
        assert shown == listed.split()
    assert not [line for line in lines if line.startswith("  ") and line.endswith("...")]
    assert "Exit status: 0 done; 1 a check failed" in run("--help").stdout


@pytest.mark.parametrize(("name", "command"), commands())
def test_every_command_has_a_help_text_for_each_option_and_an_example(name, command):
    shown = run(*name.split(), "--help")
    assert shown.exit_code == 0
    example = command.epilog.removeprefix(f"Example: repropose {name}")
    assert example != command.epilog
    assert command.epilog in shown.stdout
    with click.Context(command) as context:  # its options exist
        command.make_parser(context).parse_args(shlex.split(example))
    options = [one for one in command.params if isinstance(one, click.Option)]
    assert not [one.name for one in options if not one.help]


@pytest.mark.network
def test_models_without_pytorch_are_listed_without_counts(workspace, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "bench.measure.count.model_counts", raising=False)
    monkeypatch.delitem(sys.modules, "bench.measure.count.trace", raising=False)
    done = run("models")
    assert done.exit_code == 0
    assert "transpose-r-a4" in done.stdout
    assert "the package 'torch' is not installed" in done.stderr
    assert "`make setup`" in done.stderr


@pytest.mark.network
def test_a_model_package_that_is_missing_gets_one_line(workspace, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "bench.measure.count.model_counts", raising=False)
    monkeypatch.delitem(sys.modules, "bench.measure.count.trace", raising=False)
    done = run("count", "transpose-r-a4")
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert "the package 'torch' is not installed" in done.stderr


@pytest.mark.network
@pytest.mark.process
def test_public_counters_beside_a_count_work_without_any_of_them(workspace, monkeypatch):
    from bench.measure.count import processes

    monkeypatch.setattr(processes, "installed", lambda counter: None)
    done = run("count", "transpose-r-a3", "--with", "thop,fvcore", "--json")
    assert done.exit_code == 0
    rows = json.loads(done.stdout)
    assert [row["counter"] for row in rows] == ["exact", "thop", "fvcore"]
    missing = "not installed: pip install 'repropose[counters]'"
    assert [row["note"] for row in rows[1:]] == [missing, missing]
    assert "thop counts multiply-accumulates" in done.stderr
    assert (workspace / "results" / "counted" / "transpose-r-a3.json").is_file()


def test_the_full_tier_without_data_says_what_is_missing_and_where_it_goes(workspace):
    done = run("prepare", "coco", "--tier", "full")
    assert done.exit_code == 2
    assert "person_keypoints_val2017.json is missing" in done.stderr
    assert str(workspace / "data/full/coco") in done.stderr
    assert not (workspace / "data/full/coco.json").exists()


def test_judge_exits_with_1_on_the_given_verdicts(workspace, monkeypatch):
    monkeypatch.setattr(load, "PAPERS", Path(__file__).parents[1] / "fixtures" / "papers")
    assert run("judge", "--json", "--fail-on", "deviates").exit_code == 0
    done = run("judge", "--json", "--fail-on", "not-run")
    assert done.exit_code == 1
    assert "not-run" in done.stderr


def test_a_corrupt_result_is_named_with_the_fix(workspace):
    file = workspace / "results" / "counted" / "transpose-r-a4.json"
    file.parent.mkdir(parents=True)
    file.write_text("{")
    done = run("judge", "--json")
    assert done.exit_code == 2
    assert "counted/transpose-r-a4.json" in done.stderr
    assert "dvc repro" in done.stderr


@pytest.mark.process
def test_reading_commands_never_import_torch(workspace):
    code = (
        "import sys; from click.testing import CliRunner; from bench.cli import main\n"
        "for a in (['cells'], ['claims'], ['coverage'], ['show', 'transpose-4'], ['site']):\n"
        "    assert CliRunner().invoke(main, a).exit_code == 0, a\n"
        "bad = {'torch', 'mmpose', 'mmengine', 'mmcv'} & set(sys.modules); assert not bad, bad"
    )
    environment = {**os.environ, "REPROPOSE_WORKSPACE": str(workspace)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


def test_a_missing_annotation_file_is_reported_with_how_to_get_it(workspace, tmp_path):
    (tmp_path / "found.json").write_text("[]")
    done = run("evaluate", "--predictions", str(tmp_path / "found.json"), "--dataset", "coco-val")
    assert done.exit_code == 2
    assert "repropose fetch coco-annotations" in done.stderr
    assert "--truth" in done.stderr
