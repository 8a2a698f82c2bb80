"""TransPose equals the authors' code: their outputs for weights filled by a written rule (no
weights are stored).

The rules, the arrays and the tolerances are those of reference/transpose/README.md in the shared
folder.
"""

import functools
import json
import os
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch

import model_zoo
from model_zoo.registry import register

SHARED = Path(os.environ.get("REPROPOSE_SHARED", Path(__file__).parents[4] / "shared"))
GOLDEN = SHARED / "reference" / "transpose"
OURS = {"TransPose-R-A4": "transpose-r-a4", "TransPose-H-S": "transpose-h-s"}
HEATMAP_TOLERANCE = {("R", "A"): 5e-5, ("R", "B"): 5e-5, ("H", "A"): 5e-3, ("H", "B"): 5e-5}
ATTENTION_TOLERANCE = {"A": 5e-3, "B": 1e-3}  # of rows times L

pytestmark = pytest.mark.skipif(not GOLDEN.is_dir(), reason=f"no golden data at {GOLDEN}")


def facts(name):
    return json.loads((GOLDEN / f"{name}.json").read_text())


def filled(entry, state):
    """Rule A for one entry of the authors' state_dict."""
    name, shape = entry["name"], entry["shape"]
    rng = np.random.RandomState(zlib.crc32(name.encode()))
    if name == "pos_embedding":
        return state[name]
    if name.endswith("running_var"):
        values = rng.uniform(0.5, 1.5, shape)
    elif name.endswith("num_batches_tracked"):
        return torch.zeros((), dtype=torch.int64)
    elif len(shape) >= 2:
        values = rng.standard_normal(shape) * np.sqrt(1 / np.prod(shape[1:]))
    elif name.endswith("weight"):
        values = 1 + 0.1 * rng.standard_normal(shape)
    else:
        values = 0.1 * rng.standard_normal(shape)
    return torch.from_numpy(values.astype(np.float32))


@functools.cache
def golden_model(name, rule):
    model = model_zoo.build_model(OURS[name])
    from model_zoo.released.transpose import released_names

    own = model.state_dict()
    theirs = {their: own[our] for their, our in released_names(model).items()}
    fact = facts(name)
    state = {entry["name"]: filled(entry, theirs) for entry in fact["state_dict"]}
    if rule == "B":
        state["reduce.weight"] = state["reduce.weight"] * fact["rule_B_scales"]["reduce.weight"]
        for key in state:
            if key.endswith("self_attn.in_proj_weight"):
                state[key] = state[key] * fact["rule_B_scales"]["every in_proj_weight"]
    model_zoo.load_released_weights(model, state)
    return model


def golden_input():
    rng = np.random.RandomState(20201228)
    return torch.from_numpy(rng.standard_normal((2, 3, 256, 192)).astype(np.float32))


@functools.cache
def heatmaps(name, rule):
    with torch.no_grad():
        return golden_model(name, rule)(golden_input(), None, mode="tensor")


@pytest.mark.parametrize("name", OURS)
def test_entries_are_the_authors(name):
    register()
    from model_zoo.released.transpose import released_names

    with torch.device("meta"):
        model = model_zoo.build_model(OURS[name])
    own = model.state_dict()
    ours = {their: list(own[our].shape) for their, our in released_names(model).items()}
    assert ours == {entry["name"]: entry["shape"] for entry in facts(name)["state_dict"]}
    trainable = sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert trainable == facts(name)["parameters"]["trainable"]
    total = facts(name)["parameters"]["total_including_nontrainable_position_embedding"]
    assert sum(p.numel() for p in model.parameters()) == total


@pytest.mark.parametrize("rule", "AB")
@pytest.mark.parametrize("name", OURS)
def test_heatmaps_equal_the_authors(name, rule):
    suffix = "_B" if rule == "B" else ""
    golden = np.load(GOLDEN / f"{name}.npz", allow_pickle=False)
    expected = golden["heatmaps" + suffix]
    ours = heatmaps(name, rule).numpy()
    tolerance = HEATMAP_TOLERANCE[name.split("-")[1], rule]
    assert ours.shape == (2, 17, 64, 48)
    np.testing.assert_allclose(ours, expected, rtol=0, atol=tolerance)
    differs = ours.reshape(2, 17, -1).argmax(2) != golden["argmax_flat" + suffix]
    assert np.all(golden["argmax_gap" + suffix][differs] < 2 * tolerance)


@pytest.mark.parametrize("name", OURS)
def test_position_embedding_equals_the_stored_rows(name):
    golden = np.load(GOLDEN / f"{name}.npz", allow_pickle=False)
    rows = golden_model(name, "A").head.pos_embedding[golden["pos_embedding_row_index"], 0]
    np.testing.assert_allclose(rows.numpy(), golden["pos_embedding_rows"], rtol=0, atol=1e-6)


@pytest.mark.parametrize("rule", "AB")
@pytest.mark.parametrize("name", OURS)
def test_attention_rows_equal_the_authors(name, rule):
    from model_zoo.figures.transpose import attention_rows, keypoint_queries

    suffix = "_B" if rule == "B" else ""
    golden = np.load(GOLDEN / f"{name}_attn.npz", allow_pickle=False)
    query = torch.from_numpy(golden["query_index" + suffix])
    model = golden_model(name, rule)
    rows = attention_rows(model, golden_input()[:1], query)[0].numpy()
    np.testing.assert_allclose(
        rows * rows.shape[1],
        golden["attn_rows" + suffix] * rows.shape[1],
        rtol=0,
        atol=ATTENTION_TOLERANCE[rule],
    )
    assert torch.equal(keypoint_queries(model, heatmaps(name, rule))[0], query)
