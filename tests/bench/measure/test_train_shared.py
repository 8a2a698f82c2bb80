"""Starting a shared training: what torchrun says, which numbers of processes are refused, where memory is short."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.catalog.load import load_catalog
from bench.cli import main
from bench.datasets.prepare import prepare
from bench.errors import DataError, EnvironmentProblem
from bench.measure import train, work_dir
from bench.measure.run_config import in_groups, plain_config

NAMES = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
WHOLE = dict.fromkeys(NAMES, "0") | {"WORLD_SIZE": "3", "MASTER_ADDR": "127.0.0.1"}
PARAMS = """\
tier: smoke
synthetic:
  smoke:
    coco: {kind: crops, difficulty: easy, seed: 5, train: 4, val: 2}
"""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "params.yaml").write_text(PARAMS)
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path))
    prepare("coco", "smoke")
    return tmp_path


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        (WHOLE | {"RANK": "abc"}, "RANK=abc is not a number"),
        (WHOLE | {"LOCAL_RANK": "-1"}, "LOCAL_RANK=-1 is not a number"),
        (WHOLE | {"WORLD_SIZE": ""}, "WORLD_SIZE= is not a number"),
        ({"LOCAL_RANK": "0"}, "LOCAL_RANK set and RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT not"),
        ({"RANK": "1", "WORLD_SIZE": "2"}, "RANK, WORLD_SIZE set and LOCAL_RANK"),
    ],
)
def test_half_an_environment_of_torchrun_is_one_line(monkeypatch, environment, message):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(EnvironmentProblem, match=message) as caught:
        work_dir.processes()
    assert "\n" not in str(caught.value)


def test_without_torchrun_one_process_trains(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "4")  # other launchers set this one alone
    assert (work_dir.rank(), work_dir.processes()) == (0, 1)


def test_processes_that_cannot_share_the_batch_are_refused_and_nothing_is_stored(
    workspace, monkeypatch
):
    for name, value in WHOLE.items():
        monkeypatch.setenv(name, value)
    command = ["measure", "transpose-r-a4-coco", "--tier", "smoke"]
    said = CliRunner().invoke(main, command)
    assert said.exit_code == 2
    [line] = said.stderr.strip().splitlines()
    assert line.endswith("cannot be shared by 3 processes; allowed are 1, 2, 4, 8, 16, 32")
    assert not [path for path in (workspace / "work").rglob("*") if path.name == "seed-0"]
    assert not (workspace / "results").exists()


@pytest.mark.parametrize(
    ("micro_batch", "message"), [(5, "groups of 5; allowed are 1, 2, 4"), (0, "0")]
)
def test_groups_that_do_not_make_up_the_batch_are_refused(workspace, micro_batch, message):
    command = [
        "measure",
        "transpose-r-a4-coco",
        "--tier",
        "smoke",
        "--micro-batch",
        str(micro_batch),
    ]
    said = CliRunner().invoke(main, command)
    assert said.exit_code == 2
    assert message in said.stderr
    assert not (workspace / "results").exists()


@pytest.mark.parametrize(
    ("begun", "asked"), [(8, None), (None, 8), (8, 16), (8, 8), (None, None), (None, 32)]
)
def test_a_training_goes_on_in_the_groups_it_was_begun_with(workspace, monkeypatch, begun, asked):
    """Others would move its folder aside and begin anew. 32 are the config's own."""
    loaded = load_catalog()
    run = loaded.run("transpose-r-a4-coco")
    job = train._prepare(loaded, "transpose-r-a4-coco", in_groups(run, "smoke", begun), "smoke", 0)
    work_dir.record_batch(job.work, train.shared(job.cfg))
    monkeypatch.setattr(train, "_train_and_evaluate", lambda *_: None)
    measured = train.measure(loaded, None, "transpose-r-a4-coco", "smoke", asked)
    if (begun or 32) == (asked or 32):
        assert list(measured) == []
    else:
        with pytest.raises(
            DataError, match=f"go on with --micro-batch {begun or 32}, or remove that"
        ):
            list(measured)
    assert [path.name for path in job.work.parent.glob("[!.]*")] == ["seed-0"]
    assert work_dir.key_of(job.work) == job.key


def test_a_training_in_smaller_groups_is_found_again(workspace, monkeypatch):
    """`gallery` and `test-dev` are not told of --micro-batch."""
    loaded = load_catalog()
    run = in_groups(loaded.run("transpose-r-a4-coco"), "smoke", 8)
    job = train._prepare(loaded, "transpose-r-a4-coco", run, "smoke", 0)
    work_dir.record_batch(job.work, train.shared(job.cfg))
    work_dir.save_weights(train._initial(job.cfg, None), job.work / "final.pth")
    cfg, _ = train.finished(loaded, "transpose-r-a4-coco", "smoke", 0)
    assert cfg.train_dataloader.group_size == 8
    assert (
        plain_config(loaded.run("transpose-r-a4-coco"), "smoke").train_dataloader.group_size is None
    )


@pytest.mark.parametrize(
    ("given", "seeds"),
    [((), [0]), (("--seeds", "11-13,2, 12"), [11, 12, 13, 2]), (("--times", "4"), [0])],
)
def test_the_seeds_that_are_asked_for_are_trained(workspace, monkeypatch, given, seeds):
    trained, drawn = [], []
    monkeypatch.setattr(train, "_measure_one", lambda *given: trained.append(given[5]))
    monkeypatch.setattr("bench.commands.measure._draw", lambda *_: drawn.append(True))
    done = CliRunner().invoke(main, ["measure", "transpose-r-a4-coco", "--tier", "smoke", *given])
    assert done.exit_code == 0, done.output
    assert trained == seeds
    assert bool(drawn) is not bool(given)
