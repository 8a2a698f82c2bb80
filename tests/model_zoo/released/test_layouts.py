"""Every layout in which a checkpoint arrives gives the network that the bare state_dict gives, and executes nothing."""

import json
import pickle
import struct

import numpy as np
import pytest
import torch

import model_zoo
from model_zoo.released.reading import read_checkpoint
from tests.model_zoo.released.checkpoints import (
    FAMILIES,
    LAYOUTS,
    NUMPY,
    authors_state,
    network,
    parallel,
    released_names,
)


def assert_loaded(model, name):
    """All entries are the authors'; counters may be as they were, since no output depends on them."""
    own = model.state_dict()
    for theirs, ours in released_names(name).items():
        assert torch.equal(own[ours], authors_state(name)[theirs]), theirs


@pytest.mark.parametrize("layout", LAYOUTS | NUMPY)
@pytest.mark.parametrize("name", FAMILIES)
def test_every_layout_loads_as_the_bare_state_dict(tmp_path, name, layout):
    file, model = tmp_path / "file.pth", network(name)
    torch.save((LAYOUTS | NUMPY)[layout](authors_state(name)), file)
    model_zoo.load_released_weights(model, file)
    assert_loaded(model, name)


@pytest.mark.parametrize("layout", ["bare", "detectron2, DataParallel", "NumPy scalar"])
@pytest.mark.parametrize("ending", [".pth", ".pt", ".bin", ".safetensors", ".pth.tar", ""])
def test_the_content_decides_and_not_the_ending(tmp_path, ending, layout):
    name, file = "transpose-r-a2", tmp_path / f"file{ending}"
    content = (LAYOUTS | NUMPY)[layout](authors_state(name))
    for zipped in (True, False):  # PyTorch's format, and that before version 1.6
        torch.save(content, file, _use_new_zipfile_serialization=zipped)
        model = network(name)
        model_zoo.load_released_weights(model, file)
        assert_loaded(model, name)


def test_channels_last_weights_are_the_same_weights(tmp_path):
    name, file = "transpose-h-s", tmp_path / "file.pth"
    state = {
        n: v.to(memory_format=torch.channels_last) if v.dim() == 4 else v
        for n, v in authors_state(name).items()
    }
    assert not state["conv1.weight"].is_contiguous()
    torch.save(state, file)
    model = network(name)
    model_zoo.load_released_weights(model, file)
    assert_loaded(model, name)


def safetensors(state, metadata=None):
    """The bytes of a file in the safetensors format, by its specification."""
    kinds = {torch.float32: "F32", torch.int64: "I64", torch.bfloat16: "BF16", torch.bool: "BOOL"}
    header, data = {"__metadata__": {"format": "pt"}} if metadata else {}, b""
    for name, value in state.items():
        raw = value.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
        place = [len(data), len(data) + len(raw)]
        header[name] = dict(dtype=kinds[value.dtype], shape=list(value.shape), data_offsets=place)
        data += raw
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


@pytest.mark.parametrize("ending", [".safetensors", ".bin", ".pth"])
def test_safetensors_are_read(tmp_path, ending):
    name, file = "transpose-r-a2", tmp_path / f"file{ending}"
    file.write_bytes(safetensors(authors_state(name), metadata=True))
    model = network(name)
    model_zoo.load_released_weights(model, file)
    assert_loaded(model, name)
    values = {
        "a": torch.tensor([1.5, -2.0], dtype=torch.bfloat16),
        "b": torch.tensor([True, False, True]),
        "c": torch.empty(0, 3),
        "d": torch.tensor(7),
    }
    file.write_bytes(safetensors(values))
    read = read_checkpoint(file)
    assert all(torch.equal(read[key], value) for key, value in values.items())


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (safetensors({"a": torch.zeros(4)})[:-1], "entry a does not fit the file"),
        (struct.pack("<Q", 10**12) + b'{"a": ', "read safely"),
        (struct.pack("<Q", 2) + b"{}", "holds no state_dict"),
        (struct.pack("<Q", 8) + b'{"a": 1}', "read safely"),
        (struct.pack("<Q", 2) + b"{\xff", "read safely"),
    ],
)
def test_damaged_safetensors_give_one_line(tmp_path, content, told):
    file = tmp_path / "file.safetensors"
    file.write_bytes(content)
    with pytest.raises(model_zoo.WeightsMismatch, match=told) as error:
        model_zoo.load_released_weights(network("transpose-r-a2"), file)
    assert "\n" not in str(error.value)


class Exploit:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


EXPLOITS = {
    "print": Exploit(print, "executed"),
    "eval": Exploit(eval, "print('executed')"),
    "NumPy's loader": Exploit(np.load, "file.npy"),
    "NumPy's frombuffer": Exploit(np.frombuffer, b"12345678"),
    "an object array": np.array([Exploit(print, "executed")], dtype=object),
    "a scalar of objects": Exploit(
        np.float64(1).__reduce__()[0], np.dtype("O"), Exploit(print, "executed")
    ),
}


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize("exploit", EXPLOITS)
def test_only_what_a_numpy_value_names_is_let_through_and_nothing_runs(
    tmp_path, capsys, exploit, zipped
):
    file, model = tmp_path / "file.pth", network("transpose-r-a2")
    content = {"perf": EXPLOITS[exploit], "state_dict": authors_state("transpose-r-a2")}
    torch.save(content, file, _use_new_zipfile_serialization=zipped)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    with pytest.raises(model_zoo.WeightsMismatch, match="do not switch weights_only off"):
        model_zoo.load_released_weights(model, file)
    assert "executed" not in capsys.readouterr().out
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())
    allowed = [one for one in torch.serialization.get_safe_globals() if isinstance(one, tuple)]
    assert not allowed  # NumPy's names are let through only while such a file is read


def test_numpy_values_are_never_made(tmp_path):
    file = tmp_path / "file.pth"
    torch.save({"perf": np.float64(0.5), "ap": np.zeros(3), "epoch": 2}, file)
    read = read_checkpoint(file)
    assert read["epoch"] == 2
    assert not isinstance(read["perf"], np.generic)
    assert not isinstance(read["ap"], np.ndarray)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"weights": {"conv1.weight": torch.zeros(1)}}, "not tensors: weights; the weights are"),
        ({"model": "transpose_r", "epoch": 3}, "not tensors: model, epoch"),
        ({"model": {}}, "holds no state_dict"),
        ({"state_dict": {"conv1.weight": [1.0]}}, "not tensors: conv1.weight"),
        ({"model": {"conv1.weight": torch.zeros(3)}}, "does not belong to the model"),
        ([torch.zeros(1)], "holds no state_dict but list"),
    ],
)
def test_what_holds_no_weights_says_where_they_were_looked_for(tmp_path, content, told):
    file = tmp_path / "file.pth"
    torch.save(content, file)
    with pytest.raises(model_zoo.WeightsMismatch, match=told) as error:
        model_zoo.load_released_weights(network("transpose-r-a2"), file)
    assert "\n" not in str(error.value)


def test_a_pickle_of_arrays_is_no_checkpoint_of_torch(tmp_path):
    """detectron2's model zoo has such files (.pkl)."""
    file = tmp_path / "file.pkl"
    file.write_bytes(pickle.dumps({"model": {"conv1.weight": np.zeros(3)}}))
    with pytest.raises(model_zoo.WeightsMismatch, match=r"file.pkl.*read safely"):
        model_zoo.load_released_weights(network("transpose-r-a2"), file)


def test_counters_alone_do_not_make_another_network_fit():
    state = dict(authors_state("transpose-r-a2"))
    state["layer9.bn.num_batches_tracked"] = torch.tensor(1)
    model_zoo.load_released_weights(
        network("transpose-r-a2"), state
    )  # left over: no output depends
    del state["bn1.running_mean"]
    with pytest.raises(model_zoo.WeightsMismatch, match=r"1 missing \(bn1.running_mean\)"):
        model_zoo.load_released_weights(network("transpose-r-a2"), state)


def test_entries_with_and_without_a_prefix_are_not_chosen_between():
    state = authors_state("transpose-r-a2")
    for more in (parallel(state), {f"_orig_mod.{name}": value for name, value in state.items()}):
        with pytest.raises(model_zoo.WeightsMismatch, match="both with and without the prefix"):
            model_zoo.load_released_weights(network("transpose-r-a2"), {**state, **more})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_not_finite_are_named(value):
    state = {name: one.clone() for name, one in authors_state("transpose-r-a2").items()}
    state["bn1.bias"][2] = value
    with pytest.raises(
        model_zoo.WeightsMismatch, match=r"1 with values that are not finite \(bn1.bias\)"
    ):
        model_zoo.load_released_weights(network("transpose-r-a2"), state)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"<!DOCTYPE html><html>Sign in</html>", "it is an HTML page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "it is a Git LFS pointer"),
        (b"\x1f\x8b\x08" + bytes(60), "it is packed with gzip: unpack it"),
        (b"\x08\x08\x12\x07pytorch" + bytes(60), "it is an ONNX graph, which has no state_dict"),
    ],
)
def test_files_that_are_taken_for_checkpoints_are_named(tmp_path, content, told):
    (tmp_path / "file.pth").write_bytes(content)
    with pytest.raises(model_zoo.WeightsMismatch, match=told) as error:
        read_checkpoint(tmp_path / "file.pth")
    assert "\n" not in str(error.value)
