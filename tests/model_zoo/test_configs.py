"""Config files and ablation rows: what they resolve to, their errors, and MMPose's own tools on them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import mmengine
import mmpose
import pytest

import model_zoo
from bench.cli import main
from bench.commands.config import flat_config
from bench.datasets.prepare import prepare
from bench.paths import config_files, config_rows
from bench.results.inputs import config_chain
from model_zoo import ablations, registry

ROOT = Path(__file__).resolve().parents[2]
TOOLS = Path(mmpose.__file__).parent / ".mim" / "tools"
HEADLINES = ("transpose-r-a4", "tfpose-r50-e6d6", "lightpose-w48", "lofr-r50", "hrnet-w32")


def plain(value):
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, tuple):
        return {"tuple": [plain(one) for one in value]}
    return [plain(one) for one in value] if isinstance(value, list) else value


def test_steps_of_a_pipeline_are_overridden_by_name():
    """By position, an added step would shift what is replaced."""
    position = re.compile(r"(pipeline|steps)(\"\])?\[(-?\d|:|-?\d*:)")
    files = (registry._PACKAGE / "configs").glob("*/*.py")
    assert not [file.name for file in files if position.search(file.read_text())]


def leaves(key, value):
    if isinstance(value, dict) and value:
        for inner, one in value.items():
            yield from leaves(f"{key}.{inner}", one)
    else:
        yield key


@pytest.mark.parametrize("tier", ["smoke", "lab"])
def test_a_tier_sets_each_entry_under_one_key_only(tier):
    """`model.head` in one file and `model.head.dim` in another would depend on their order."""
    for name in (file.stem for file in registry._models().values() if isinstance(file, Path)):
        entries = registry._with_tiers(name)[tier]  # what a row sets comes last
        found = [leaf for key, value in entries.items() for leaf in leaves(key, value)]
        assert len(found) == len(set(found)), (name, sorted(found))


def test_a_row_is_found_in_its_familys_file():
    path = model_zoo.config_path("lofr-r50-spe")
    assert path.parts[-2:] == ("lofr", "ablations.yaml")
    assert model_zoo.family("lofr-r50-spe") == "lofr"
    assert model_zoo.config_path("lofr-r50").name == "lofr-r50.py"
    assert list(config_files()) == model_zoo.names()
    assert config_files()["lofr-r50-spe"] == path


def test_the_files_that_decide_a_row_are_those_of_its_bases_too():
    names = [path.name for path in config_chain("lofr-r50-spe")]
    assert names[:2] == ["ablations.yaml", "lofr-r50.py"]
    assert "topdown.py" in names
    assert config_rows()["lofr-r50-spe"][1]["base"] == "lofr-r50-baseline"


@pytest.fixture
def zoo(tmp_path, monkeypatch):
    """A zoo of two configs whose rows a test writes; the returned function gives the error."""
    folder = tmp_path / "configs" / "fam"
    folder.mkdir(parents=True)
    (folder / "base.py").write_text(
        "codec = dict(type='C', input_size=(48, 64))\n"
        "model = dict(head=dict(dim=8, sizes=(1, 2), decoder=codec), input_size=(48, 64))\n"
        "steps = [dict(a=1), dict(a=2, type='Flip')]\n"
        "smoke = {'model.head': dict(dim=2)}\nlab = {}\n"
    )
    (folder / "other.py").write_text("model = dict()\n")
    monkeypatch.setattr(registry, "_PACKAGE", tmp_path)

    def rows(text):
        (folder / "ablations.yaml").write_text(text)
        forget()

    def forget():
        for cached in (registry._models, registry._with_tiers, registry._config):
            cached.cache_clear()

    yield rows
    forget()


def test_a_row_is_its_base_and_the_entries_that_differ(zoo):
    zoo(
        "a: {base: base, model.head.sizes: '(3, 4)', steps.1.a: 5, +model.head.lr: 1e-3}\n"
        "b:\n  base: a\n  codec.input_size: (96, 128)\n  +extra: [1, '(2, x)']\n"
        "  smoke.model.head.dim: 3\n  model.head: {dim: 9}\n"
    )
    a, b = model_zoo.config("a"), model_zoo.config("b")
    assert a.model.head.sizes == (3, 4)
    assert (a.model.head.dim, a.model.head.lr) == (8, 0.001)
    assert [step.a for step in a.steps] == [1, 5]
    assert (b.model.head.dim, b.model.head.sizes) == (9, (3, 4))
    assert b.model.input_size == b.model.head.decoder.input_size == (96, 128)
    assert b.extra == [1, (2, "x")]
    assert model_zoo.config("a", tier="smoke").model.head.dim == 2
    assert model_zoo.config("b", tier="smoke").model.head.dim == 3
    assert model_zoo.config("base").model.head.dim == 8


def test_a_step_of_a_list_is_named_by_its_type(zoo):
    zoo("a: {base: base, +smoke.steps.Flip.a: 7}\nb: {base: base, +smoke.steps.Crop.a: 7}\n")
    assert [step.a for step in model_zoo.config("a", tier="smoke").steps] == [1, 7]
    with pytest.raises(model_zoo.ZooError, match=r"no step is a 'Crop'; steps are .*Flip"):
        model_zoo.config("b", tier="smoke")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: {base: bass}", r"a: unknown base 'bass'; did you mean base"),
        ("a: {base: b}\nb: {base: a}", r"a: its bases form a cycle: a -> b -> a"),
        ("a: {base: base, model.head.dmi: 1}", r"a: 'model.head.dmi' is not in 'base'; .* '\+'"),
        ("a: {base: base, model.head: {dmi: 1}}", r"a: 'model.head.dmi' is not in 'base'"),
        ("a: {base: base, smoke.model.dmi: 1}", r"a: 'smoke.model.dmi' is not in 'base'"),
        ("a: {base: base, steps.7.a: 1}", r"a: 'steps.7.a' is not in 'base'"),
        ("a: {base: base, model.head.dim: {_delete_: true}, model: 3}", None),
        ("a: {base: base}\na: {base: base}", r"a: this name is used twice"),
        ("a: {base: base, codec.type: D, codec.type: E}", r"a: 'codec.type' is given twice"),
        ("base: {base: other}", r"base: this name is also defined in .*base.py"),
        ("a: {model.head.dim: 1}", r"a: expected `base: <model>`"),
        ("a: 3", r"a: expected `base: <model>`"),
        ("[a, b]", r"ablations.yaml: expected a mapping"),
        ("a: {base: base", r"ablations.yaml: .*expected"),
    ],
)
def test_a_wrong_row_is_one_line_with_file_and_entry(zoo, text, message):
    zoo(text)
    if message is None:
        assert model_zoo.config("a").model == 3
        return
    with pytest.raises(model_zoo.InvalidRow, match=message) as caught:
        model_zoo.config("a")
    assert "configs/fam/ablations.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", [*HEADLINES, "lofr-r50-spe", "querypose-r50-d32"])
@pytest.mark.parametrize("tier", model_zoo.TIERS)
def test_a_flat_config_is_the_resolved_one(tmp_path, name, tier):
    file = tmp_path / "flat.py"
    file.write_text(flat_config(name, tier))
    assert "_base_" not in file.read_text()
    flat = mmengine.Config.fromfile(file, import_custom_modules=False).to_dict()
    whole = model_zoo.config(name, tier=tier).to_dict()
    added = {
        key: flat[key] for key in ("data_mode", "dataset_type") if key not in whole and key in flat
    }
    assert plain(flat) == plain(whole | added)


@pytest.mark.parametrize(
    ("name", "batch", "processes"),
    [
        (
            "transpose-h-a6",
            "56 images a step over all processes, 14 at a time",
            "1 with 56, 2 with 28, 4 with 14, 8 ",
        ),
        (
            "querypose-r50",
            "16 images a step over all processes, 2 at a time",
            "1 with 16, 2 with 8, 4 with 4, 8 with 2.",
        ),
    ],
)
def test_a_flat_config_says_who_can_share_its_batch(name, batch, processes):
    lines = flat_config(name, "full").splitlines()
    assert batch in lines[1]
    assert processes in lines[2]


def test_mmengines_own_loop_refuses_a_flat_config(tmp_path):
    """It would take the batch for that of each process."""
    model_zoo.register()
    from mmengine.runner import Runner

    loader = model_zoo.config("transpose-h-a6").train_dataloader
    with pytest.raises(KeyError, match="sampler"):
        Runner.build_dataloader(loader | {"dataset": [0, 1]})


def test_the_command_writes_to_standard_output_or_a_file(tmp_path):
    from click.testing import CliRunner

    printed = CliRunner().invoke(main, ["config", "transpose-r-a4", "--tier", "smoke"]).stdout
    file = tmp_path / "new" / "flat.py"
    said = CliRunner().invoke(
        main, ["config", "transpose-r-a4", "--tier", "smoke", "--out", str(file)]
    )
    assert said.stdout.strip() == str(file)
    assert file.read_text() == printed
    unknown = CliRunner().invoke(main, ["config", "transpose-r-a44"])
    assert unknown.exit_code == 2
    assert "did you mean transpose-r-a4" in unknown.stderr


def test_headline_files_are_read_by_mmengine_alone():
    for name in HEADLINES:
        cfg = mmengine.Config.fromfile(model_zoo.config_path(name), import_custom_modules=False)
        cfg.pop("smoke"), cfg.pop("lab")
        assert plain(cfg.to_dict()) == plain(model_zoo.config(name).to_dict())


@pytest.mark.parametrize("name", [*HEADLINES, "querypose-r50"])
def test_mmpose_inferencer_takes_flat_configs(tmp_path, name):
    model_zoo.register()
    import cv2
    import numpy as np
    from mmpose.apis import MMPoseInferencer

    file, image = tmp_path / "flat.py", tmp_path / "image.png"
    file.write_text(flat_config(name, "smoke"))
    cv2.imwrite(str(image), np.random.default_rng(0).integers(0, 255, (80, 60, 3), np.uint8))
    inferencer = MMPoseInferencer(str(file), device="cpu", det_model="whole_image")
    people = next(inferencer(str(image)))["predictions"][0]
    assert people or name == "querypose-r50"  # untrained, it may find nobody
    for person in people:
        assert np.isfinite(person["keypoints"]).all()
        assert len(person["keypoints"]) == 17


COMMANDS = """\
import json, runpy, sys
for sys.argv in json.load(open("commands.json")):
    print("COMMAND", flush=True)
    runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.slow
def test_mmpose_trains_and_tests_a_flat_config_and_a_flat_row(tmp_path, monkeypatch):
    """In one process, which knows of the zoo by the flat files alone."""
    settings = "coco: {kind: crops, difficulty: easy, seed: 5, train: 8, val: 4}"
    (tmp_path / "params.yaml").write_text(f"tier: smoke\nsynthetic:\n  smoke:\n    {settings}\n")
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path))
    prepare("coco", "smoke")
    options = [
        "train_cfg.max_iters=2",
        "train_cfg.val_interval=2",
        "train_dataloader.total_batch_size=4",
    ]
    commands = []
    for name in ("transpose-r-a4", "tfpose-r18-e6d6-noaux"):
        file, work = f"{name}.py", ["--work-dir", name]
        (tmp_path / file).write_text(flat_config(name, "smoke"))
        commands += [
            [str(TOOLS / "train.py"), file, *work, "--cfg-options", *options],
            [str(TOOLS / "test.py"), file, f"{name}/iter_2.pth", *work],
        ]
    (tmp_path / "commands.json").write_text(json.dumps(commands))
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    shown = done.stdout.split("COMMAND")[1:]
    assert len(shown) == 4
    assert all("coco/AP" in one for one in shown)


def test_tuples_and_floats_are_read_as_cfg_options_are():
    assert ablations._value("(B, K, 2, H/16)") == ("B", "K", 2, "H/16")
    assert ablations._value({"lr": "1e-5", "name": "none"}) == {"lr": 1e-5, "name": "none"}
