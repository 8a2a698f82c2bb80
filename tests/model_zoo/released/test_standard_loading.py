"""Checkpoints given to MMEngine's and MMPose's own tools: the authors' names load or raise, own ones load as ever."""

import pickle
from copy import deepcopy

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner, load_checkpoint
from mmengine.runner.checkpoint import load_state_dict
from mmpose.apis import MMPoseInferencer, init_model
from mmpose.registry import MODELS

import model_zoo
from bench.commands.config import flat_config
from model_zoo.checkpoint import CheckedLoading
from tests.model_zoo.released.checkpoints import (
    FAMILIES,
    LAYOUTS,
    NUMPY,
    authors_state,
    network,
)
from tests.model_zoo.released.test_layouts import assert_loaded

pytestmark = [
    pytest.mark.filterwarnings("ignore:pkg_resources is deprecated as an API"),
    pytest.mark.filterwarnings("ignore:'pkgutil.find_loader' is deprecated"),
    pytest.mark.filterwarnings("ignore:.*instance named of .* has been created"),
    pytest.mark.filterwarnings("ignore:The metainfo config file .* does not exist"),
]
#: One network for each head of the zoo.
HEADS = (
    *("transpose-r-a2", "tfpose-r18-e6d6", "lightpose-r50", "lofr-r50", "querypose-r50-light"),
    *("hrnet-w32", "simplebaseline-r50", "deeppose-r101", "ae-hrnet-w48"),
)


@pytest.fixture
def flat(tmp_path):
    """Writes the flat config of a model at reduced size, as `repropose config` does."""

    def write(name):
        file = tmp_path / f"{name}.py"
        file.write_text(flat_config(name, "smoke"))
        return str(file)

    return write


@pytest.mark.parametrize("strict", [False, True], ids=["lenient", "strict"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", FAMILIES)
def test_mmengine_loads_every_layout_of_the_authors(tmp_path, name, layout, strict):
    file, model = tmp_path / "file.pth", network(name)
    torch.save(LAYOUTS[layout](authors_state(name)), file)
    load_checkpoint(model, str(file), map_location="cpu", strict=strict)
    assert_loaded(model, name)


@pytest.mark.parametrize("layout", ["bare", "detectron2, DataParallel", "no counters"])
@pytest.mark.parametrize("name", ["transpose-r-a2", "querypose-r50-light"])
def test_pytorch_and_its_wrappers_load_them_too(name, layout):
    state = LAYOUTS[layout](authors_state(name))
    model = network(name)
    model.load_state_dict(state)
    assert_loaded(model, name)
    wrapped = torch.nn.DataParallel(network(name))
    wrapped.load_state_dict({f"module.{key}": value for key, value in state.items()})
    assert_loaded(wrapped.module, name)


@pytest.mark.parametrize("name", ["transpose-r-a2", "querypose-r50-light"])
def test_mmpose_builds_and_tests_with_a_file_of_the_authors(tmp_path, flat, name):
    file = tmp_path / "file.pth"
    torch.save(LAYOUTS["detectron2"](authors_state(name)), file)
    assert_loaded(init_model(flat(name), str(file), device="cpu"), name)
    cfg = Config.fromfile(flat(name))  # what tools/test.py does before it reads images
    cfg.work_dir, cfg.load_from, cfg.experiment_name = str(tmp_path), str(file), name
    runner = Runner.from_cfg(cfg)
    runner.load_checkpoint(cfg.load_from)
    assert_loaded(runner.model, name)


@pytest.mark.parametrize("name", ["transpose-r-a2", "querypose-r50-light"])
def test_mmpose_inferencer_predicts_alike_from_the_authors_file_and_from_ours(tmp_path, flat, name):
    model, image = network(name), tmp_path / "image.png"
    model_zoo.load_released_weights(model, authors_state(name))
    torch.save(model.state_dict(), tmp_path / "ours.pth")
    torch.save(LAYOUTS["HRNet's code"](authors_state(name)), tmp_path / "theirs.pth")
    cv2.imwrite(str(image), np.random.default_rng(0).integers(0, 255, (80, 60, 3), np.uint8))
    found = []
    for file in ("ours.pth", "theirs.pth"):
        weights = str(tmp_path / file)
        inferencer = MMPoseInferencer(flat(name), weights, device="cpu", det_model="whole_image")
        found.append(next(inferencer(str(image)))["predictions"])
    assert found[0] == found[1]
    torch.save({"conv1.weight": torch.zeros(3)}, tmp_path / "other.pth")
    with pytest.raises(model_zoo.WeightsMismatch, match="would stay random"):
        MMPoseInferencer(flat(name), str(tmp_path / "other.pth"), device="cpu")


@pytest.mark.parametrize("layout", NUMPY)
def test_mmengine_refuses_a_file_with_numpy_values_and_our_loader_reads_it(tmp_path, layout):
    name, file = "transpose-r-a2", tmp_path / "checkpoint.pth"
    torch.save(NUMPY[layout](authors_state(name)), file)
    model = network(name)
    with pytest.raises(pickle.UnpicklingError):
        load_checkpoint(model, str(file))
    model_zoo.load_released_weights(model, file)
    torch.save(
        model.state_dict(), file
    )  # the way to MMPose's tools, as in docs/released-weights.md
    again = network(name)
    load_checkpoint(again, str(file), strict=True)
    assert_loaded(again, name)


@pytest.mark.parametrize("name", HEADS)
@pytest.mark.parametrize(
    "state",
    [
        {
            "conv1.weight": torch.zeros(64, 3, 7, 7),
            "final_layer.weight": torch.zeros(17, 256, 1, 1),
        },
        {"backbone.conv1.weight": torch.zeros(64, 3, 7, 7), "backbone.bn1.weight": torch.zeros(64)},
        {"model": {"module.backbone.fpn_lateral2.weight": torch.zeros(1)}, "iteration": 1},
        {"transformer.encoder.layers.0.linear1.weight": torch.zeros(1)},
        {"meta": {"epoch": 3}},
        {},
    ],
    ids=["HRNet's names", "a backbone", "detectron2", "DETR's names", "no weights", "empty"],
)
def test_no_network_stays_random_in_silence(tmp_path, name, state):
    model = network(name)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    torch.save(state, tmp_path / "file.pth")
    with pytest.raises(model_zoo.WeightsMismatch, match="would stay random") as error:
        load_checkpoint(model, str(tmp_path / "file.pth"))
    assert "\n" not in str(error.value)
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("transpose-r-a2", "transpose-h-s"),
        ("transpose-h-s", "querypose-r50-light"),
        ("querypose-r50-light", "querypose-r50"),
        ("querypose-r50", "querypose-hrw32-light"),
        ("querypose-hrw32-light", "transpose-r-a2"),
    ],
)
def test_the_authors_file_of_another_network_raises(name, other):
    with pytest.raises(model_zoo.WeightsMismatch, match="does not belong to the model"):
        network(name).load_state_dict(authors_state(other), strict=False)


def own_state(name, keep=lambda key: True):
    return {
        k: v + 1 if v.is_floating_point() else v
        for k, v in network(name).state_dict().items()
        if keep(k)
    }


OF_ANOTHER = {
    "our own of another family": lambda: own_state("lightpose-r50"),
    "our own of another backbone": lambda: own_state("transpose-h-s"),
    "MMPose's heatmap network": lambda: {
        **own_state(
            "transpose-r-a2", lambda key: key.startswith(("backbone.", "head.final_layer."))
        ),
    },
    "our names, no shape fits": lambda: {
        key: torch.zeros(3) for key in own_state("transpose-r-a2") if key.startswith("head.")
    },
    "one entry of the head": lambda: own_state(
        "transpose-r-a2", lambda key: key == "head.reduce.weight"
    ),
}


@pytest.mark.parametrize("other", OF_ANOTHER)
def test_a_checkpoint_that_fits_a_small_part_of_the_head_raises(tmp_path, other):
    state, model = OF_ANOTHER[other](), network("transpose-r-a2")
    before = {key: value.clone() for key, value in model.state_dict().items()}
    torch.save({"state_dict": state}, tmp_path / "file.pth")
    with pytest.raises(model_zoo.WeightsMismatch, match="would stay random") as error:
        load_checkpoint(model, str(tmp_path / "file.pth"))
    assert "\n" not in str(error.value)
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())


@pytest.mark.parametrize("name", HEADS)
def test_own_checkpoints_load_as_ever_whole_and_in_part(tmp_path, name):
    model = network(name)
    state = {n: v + 1 if v.is_floating_point() else v for n, v in model.state_dict().items()}
    torch.save({"meta": {}, "state_dict": state}, tmp_path / "own.pth")
    load_checkpoint(model, str(tmp_path / "own.pth"), strict=True)
    assert all(torch.equal(state[key], value) for key, value in model.state_dict().items())
    part = {n: v for n, v in state.items() if n.startswith("head.")}
    torch.save(part, tmp_path / "part.pth")
    loaded = network(name)
    load_checkpoint(loaded, str(tmp_path / "part.pth"))
    assert all(torch.equal(loaded.state_dict()[key], value) for key, value in part.items())


def test_a_training_may_start_from_another_number_of_keypoints():
    state = {n: v + 1 for n, v in network("transpose-r-a2").state_dict().items()}
    model = model_zoo.build_model("transpose-r-a2", tier="smoke", num_keypoints=14)
    load_state_dict(model, {n: v for n, v in state.items() if "final_layer" not in n})
    assert torch.equal(model.head.reduce.weight, state["head.reduce.weight"])


@pytest.mark.parametrize("name", model_zoo.names())
def test_every_network_of_the_zoo_loads_with_the_check(name):
    assert issubclass(MODELS.get(model_zoo.config(name).model.type), CheckedLoading)


def test_a_copy_of_a_network_checks_for_itself():
    copied = deepcopy(network("transpose-r-a2"))
    copied.load_state_dict(authors_state("transpose-r-a2"))
    assert_loaded(copied, "transpose-r-a2")
    original = network("transpose-r-a2").head.reduce.weight
    assert not torch.equal(original, copied.head.reduce.weight)
