"""Names, configs and tiers."""

import subprocess
import sys

import pytest

import model_zoo

PAPER_SIZE = {  # name: (width, height) and parameters in millions as the papers print them
    "transpose-r-a3s": ((192, 256), "5.0"),
    "transpose-r-a3": ((192, 256), "5.2"),
    "transpose-r-a4": ((192, 256), "6.0"),
    "transpose-h-s": ((192, 256), "8.0"),
    "transpose-h-a4": ((192, 256), "17.3"),
    "transpose-h-a6": ((192, 256), "17.5"),
    "transpose-r-a4-mpii-384x384": ((384, 384), None),
    "transpose-h-a6-mpii": ((256, 256), None),
    "simplebaseline-r152-384x288": ((288, 384), "68.6"),
}


def walk(node):
    for value in node.values() if isinstance(node, dict) else node:
        yield value
        if isinstance(value, dict | list | tuple):
            yield from walk(value)


def test_names_need_no_torch():
    code = "import sys, model_zoo; model_zoo.names(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]


def test_unknown_model_lists_the_nearest_names():
    with pytest.raises(model_zoo.UnknownModel, match=r"'transpose-r-a44'.*transpose-r-a4"):
        model_zoo.build_model("transpose-r-a44")
    with pytest.raises(model_zoo.UnknownModel) as caught:
        model_zoo.build_model("foo")
    assert str(caught.value).endswith(f"`repropose models` lists all {len(model_zoo.names())}")
    with pytest.raises(ValueError, match="smoke, lab, full"):
        model_zoo.config("transpose-r-a4", tier="smok")


@pytest.mark.parametrize("name", PAPER_SIZE)
def test_full_tier_has_the_papers_input_size(name):
    assert tuple(model_zoo.input_size(name)) == PAPER_SIZE[name][0]


@pytest.mark.parametrize("name", model_zoo.names())
@pytest.mark.parametrize("tier", model_zoo.TIERS)
def test_one_codec_and_one_data_folder_everywhere(name, tier):
    cfg = model_zoo.config(name, tier=tier).to_dict()
    assert "smoke" not in cfg
    assert "lab" not in cfg
    if "codec" in cfg:
        codec = cfg["codec"]
        for step in (item for item in walk(cfg) if isinstance(item, dict)):
            if step.get("type") == "TopdownAffine":
                assert tuple(step["input_size"]) == tuple(codec["input_size"])
            if step.get("type") == codec["type"]:
                assert step == codec
    folders = [text for text in walk(cfg) if isinstance(text, str) and text.startswith("data/")]
    assert folders
    assert all(folder.startswith(f"data/{tier}/") for folder in folders)


def test_a_config_is_a_fresh_copy():
    model_zoo.config("transpose-r-a4").model.head.layers = 99
    assert model_zoo.config("transpose-r-a4").model.head.layers == 4


def test_number_of_keypoints_can_be_replaced():
    import torch

    with torch.device("meta"):
        model = model_zoo.build_model("transpose-r-a4", num_keypoints=14)
        assert model(torch.zeros(1, 3, 256, 192), None, mode="tensor").shape == (1, 14, 64, 48)
    with pytest.raises(model_zoo.ZooError, match="at least 1"):
        model_zoo.build_model("transpose-r-a4", num_keypoints=0)
