"""Weights in a training's folder: whole or refused, whatever the memory format and the file's ending."""

import pytest
import torch

import model_zoo
from bench.errors import DataError
from bench.measure import work_dir


@pytest.fixture(scope="module")
def model():
    return model_zoo.build_model("transpose-h-s", tier="smoke")


@pytest.mark.parametrize("ending", ["pth", "pt", "bin", "safetensors", "ckpt"])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_weights_come_back_as_they_were_saved(tmp_path, model, layout, ending):
    model = model.to(memory_format=layout)
    assert model.backbone.conv1.weight.is_contiguous(memory_format=layout)
    file = tmp_path / f"final.{ending}"
    work_dir.save_weights(model, file)
    read = work_dir.weights(file)
    assert read.keys() == model.state_dict().keys()
    assert all(torch.equal(read[name], value) for name, value in model.state_dict().items())
    model.load_state_dict(read)
    assert model.backbone.conv1.weight.is_contiguous(memory_format=layout)


@pytest.mark.parametrize(("there", "taken"), [((0, 1, 11), 11), ((0, 1), 0), ((1,), None)])
def test_a_training_starts_from_weights_of_its_own_seed_where_there_are_any(
    tmp_path, monkeypatch, there, taken
):
    monkeypatch.setenv("REPROPOSE_WORKSPACE", str(tmp_path))
    for seed in there:
        folder = work_dir.of("smoke", "whole", seed)
        folder.mkdir(parents=True)
        (folder / "final.pth").touch()
    if taken is None:
        with pytest.raises(DataError, match="this run starts from whole; train it first"):
            work_dir.start_weights("smoke", "whole", 11, (0, 1))
    else:
        found = work_dir.start_weights("smoke", "whole", 11, (0, 1))
        assert found.parent.name == f"seed-{taken}"


@pytest.mark.parametrize("ending", ["pth", "pt", "bin", "safetensors"])
@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"\x02\0\0\0\0\0\0\0{}", b"<html>404</html>"]
)
def test_a_damaged_file_is_named_whatever_its_ending(tmp_path, ending, content):
    file = tmp_path / f"final.{ending}"
    file.write_bytes(content)
    with pytest.raises(DataError, match=rf"final.{ending} is damaged \(.*\); delete it") as error:
        work_dir.weights(file)
    assert "\n" not in str(error.value)


def test_a_checkpoint_of_a_channels_last_network_is_plain_and_resumes(tmp_path, model):
    from model_zoo.checkpoint import PlainCheckpointHook  # MMPose can be imported only now

    network = model.to(memory_format=torch.channels_last)
    checkpoint = {"meta": {"iter": 1}, "state_dict": network.state_dict()}
    PlainCheckpointHook().before_save_checkpoint(None, checkpoint)
    file = tmp_path / "iter_1.safetensors"
    torch.save(checkpoint, file)
    read = work_dir.weights(file)["state_dict"]
    assert all(torch.equal(read[name], value) for name, value in network.state_dict().items())
