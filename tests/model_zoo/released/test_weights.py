"""Released checkpoints: safe, strict, all or nothing."""

import pickle

import pytest
import torch

import model_zoo


@pytest.fixture(scope="module")
def model():
    return model_zoo.build_model("transpose-r-a2")


@pytest.fixture
def released(model):
    """A state_dict under the authors' names."""
    from model_zoo.released.transpose import released_names

    own = model.state_dict()
    return {theirs: own[ours].clone() for theirs, ours in released_names(model).items()}


def snapshot(model):
    return {key: value.clone() for key, value in model.state_dict().items()}


def unchanged(model, before):
    return all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


@pytest.mark.parametrize("prefix", ["", "module."])
def test_a_file_of_the_authors_is_loaded(model, released, tmp_path, prefix):
    file = tmp_path / "weights.pth"
    state = {prefix + key: value + 1 for key, value in released.items()}
    torch.save(state, file)
    model_zoo.load_released_weights(model, file)
    loaded = model.state_dict()
    assert torch.equal(loaded["head.reduce.weight"], state[prefix + "reduce.weight"])
    assert torch.equal(loaded["backbone.conv1.weight"], state[prefix + "conv1.weight"])


def test_another_model_is_named_and_nothing_is_loaded(model):
    from model_zoo.released.transpose import released_names

    other = model_zoo.build_model("transpose-r-a3")
    own = other.state_dict()
    state = {theirs: own[ours] for theirs, ours in released_names(other).items()}
    before = snapshot(model)
    with pytest.raises(model_zoo.WeightsMismatch, match=r"12 unexpected.*TransPose-R.*3 layers"):
        model_zoo.load_released_weights(model, state)
    assert unchanged(model, before)


def test_missing_and_misshaped_entries_are_listed(model, released):
    del released["conv1.weight"]
    released["final_layer.weight"] = torch.zeros(16, 256, 1, 1)
    before = snapshot(model)
    with pytest.raises(model_zoo.WeightsMismatch) as error:
        model_zoo.load_released_weights(model, released)
    assert "1 missing (conv1.weight)" in str(error.value)
    assert "final_layer.weight is [16, 256, 1, 1] instead of [17, 256, 1, 1]" in str(error.value)
    assert unchanged(model, before)


class Exploit:
    def __reduce__(self):
        return (print, ("executed",))


@pytest.mark.parametrize("content", ["text", "pickle", "empty", "exploit", "list", "nothing"])
def test_unreadable_files_give_one_clear_line(model, tmp_path, capsys, content):
    file = tmp_path / "weights.pth"
    if content == "text":
        file.write_text("<html>404</html>")
    elif content == "pickle":
        file.write_bytes(pickle.dumps({"a": Exploit()}))
    elif content == "empty":
        file.touch()
    elif content == "exploit":
        torch.save({"conv1.weight": Exploit()}, file)
    elif content == "list":
        torch.save([torch.zeros(1)], file)
    with pytest.raises(model_zoo.WeightsMismatch) as error:
        model_zoo.load_released_weights(model, file)
    assert "\n" not in str(error.value)
    assert "weights.pth" in str(error.value)
    assert "executed" not in capsys.readouterr().out


def test_a_model_without_released_weights_says_so():
    with torch.device("meta"):
        baseline = model_zoo.build_model("simplebaseline-r50")
    with pytest.raises(model_zoo.ZooError, match="no released weights"):
        model_zoo.load_released_weights(baseline, {"a": torch.zeros(1)})
