"""Arms: every run trains what its row says, and differs from its neighbours in that alone, at every tier."""

import fnmatch
from collections import defaultdict
from pathlib import Path

import pytest
import yaml

import model_zoo
from bench.catalog.schema import TIERS
from tests.model_zoo import arms

ABLATIONS = yaml.safe_load((Path(__file__).parent / "ablation_arms.yaml").read_text())
BELOW = ("smoke", "lab")


@pytest.mark.parametrize("tier", TIERS)
def test_runs_with_one_resolved_config_are_those_that_same_config_names(tier):
    groups = defaultdict(set)
    for run in arms.runs():
        groups[arms.digest(run, tier)].add(run)
    found = {frozenset(group) for group in groups.values() if len(group) > 1}
    entries = arms.catalog().same_config
    named = {frozenset(one.runs): one.reason for one in entries if tier in one.tiers}
    assert found == set(named)
    assert all(len(reason) > 20 for reason in named.values())


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("ablation", ABLATIONS, ids=lambda one: one["of"].replace(" ", "-"))
def test_arms_of_an_ablation_differ_only_in_what_it_is_about(ablation, tier):
    named = [
        run
        for run in arms.runs()
        if any(fnmatch.fnmatch(run, pattern) for pattern in ablation["arms"])
    ]
    assert len(named) > 1
    configs = [arms.flat(run, tier) for run in named]
    keys = {key for config in configs for key in config}
    different = {key for key in keys if len({config.get(key) for config in configs}) > 1}
    about = [*ablation["differ"], *ablation.get(tier, [])]
    allowed = {key for key in different if any(fnmatch.fnmatch(key, one) for one in about)}
    assert different == allowed
    assert different


def test_every_ablation_table_is_listed():
    """All trained tables of the papers' ablation sections."""
    listed = " ".join(one["of"] for one in ABLATIONS)
    for title in (
        *("TransPose Table 4", "TransPose Table 5", "TransPose Table 7", "TransPose Figure 5"),
        *("TFPose Table 1", "TFPose Table 2", "TFPose Table 3", "TFPose Table 4"),
        *("TFPose Figure 5", "LightPose Table 5", "LightPose Table 6"),
        *("QueryPose Table 1", "QueryPose Table 2a", "QueryPose Table 2b", "QueryPose Table 2c"),
        *("QueryPose Table 2d", "QueryPose Table 3", "LOFR Table 4", "LOFR Table 5"),
        "LOFR Table 6",
    ):
        assert title in listed


# ---------------------------------------------------------------- fine-tuning on MPII (TransPose, Table 5)

FINETUNED = {
    "transpose-h-a6-mpii-finetuned": "transpose-h-a6-mpii",
    "transpose-h-a6-mpii-trainval-finetuned": "transpose-h-a6-mpii",
    "transpose-r-a4-mpii-384x384": "transpose-r-a4-mpii",
    "darkpose-hrnet-w32-mpii-finetuned": "darkpose-hrnet-w32-mpii",
}


def schedule(name, tier):
    """Length, learning rate, that of the final layer, and what the rate ends at."""
    cfg = model_zoo.config(name, tier=tier)
    length = cfg.train_cfg.get("max_epochs") or cfg.train_cfg.max_iters
    rate = cfg.optim_wrapper.optimizer.lr
    keys = cfg.optim_wrapper.get("paramwise_cfg", {}).get("custom_keys", {})
    final = keys.get("head.final_layer", {}).get("lr_mult", 1.0)
    return length, rate, rate * final, cfg.param_scheduler[-1].end


@pytest.mark.parametrize("tier", BELOW)
@pytest.mark.parametrize("name", FINETUNED)
def test_fine_tuning_keeps_its_ratios_to_the_training_from_scratch(name, tier):
    """100 of 230 (DARK: 210) epochs at a tenth (a fiftieth) of the rate, as at full size."""
    paper, whole = schedule(name, "full"), schedule(FINETUNED[name], "full")
    small, scratch = schedule(name, tier), schedule(FINETUNED[name], tier)
    assert abs(small[0] - scratch[0] * paper[0] / whole[0]) <= 0.5
    for place in (1, 2):
        assert small[place] / scratch[1] == pytest.approx(paper[place] / whole[1])
    assert small[3] == small[0]  # the rate comes down to its end
    assert model_zoo.config(name, tier=tier).start_from == model_zoo.config(name).start_from


# ---------------------------------------------------------------- single settings


@pytest.mark.parametrize("tier", TIERS)
def test_part_queries_of_table_2c_keep_their_shares_of_the_default_width(tier):
    """32, 64, 128 and 256 of QueryPose's Table 2c."""
    names = ("querypose-r50-d32", "querypose-r50-d64", "querypose-r50-1x", "querypose-r50-d256")
    widths = [model_zoo.config(name, tier=tier).model.head.widths.part_dim for name in names]
    assert [width / widths[2] for width in widths] == [0.25, 0.5, 1, 2]


@pytest.mark.parametrize(
    ("name", "sigma"),
    [
        ("tfpose-r50-e6d6", 2),
        ("tfpose-r50-e6d6-384x288", 3),
        ("tfpose-r50-e6d6-mpii", 2),
        ("hrnet-w48-384x288", 3),
        ("lightpose-w48-noenc-hm-s4", 2),
        ("lightpose-w48-noenc-s4", 2),
        ("lightpose-w48-noenc-hm-s8", 1),
        ("lightpose-w48-noenc-hm-s16", 1),
        ("lightpose-w48-noenc-s32", 1),
        ("lightpose-w48", 1),
    ],
)
def test_sigma_of_heatmaps_is_that_of_their_sources(name, sigma):
    cfg = model_zoo.config(name)
    assert cfg.codec.sigma == cfg.model.head.decoder.sigma == sigma
    target = next(s for s in cfg.train_dataloader.dataset.pipeline if s.type == "GenerateTarget")
    assert target.encoder.sigma == sigma


def augmentation(name):
    steps = model_zoo.config(name).train_dataloader.dataset.pipeline
    keys = ("type", "prob", "scale_factor", "rotate_factor", "rotate_prob", "scale_prob")
    random = [step for step in steps if step.type.startswith("Random")]
    return [{key: step.get(key) for key in keys} for step in random]


@pytest.mark.parametrize("family", ["lightpose-r50", "lightpose-w48", "tfpose-r50-e6d6"])
def test_augmentation_printed_for_all_data_holds_for_mpii_too(family):
    """LightPose Sec. 3.2 and TFPose Sec. 4.1 print figures and name no data set."""
    assert augmentation(f"{family}-mpii") == augmentation(family)


@pytest.mark.parametrize("name", ["tfpose-r50-e6d6", "tfpose-r18-e6d6", "tfpose-r50-e6d6-mpii"])
def test_all_of_tfposes_transformer_trains_at_a_tenth_of_the_rate(name):
    """Sec. 4.1: the Transformers and the projections that predict offsets; backbone and the rest at 4e-3."""
    from mmengine.optim import build_optim_wrapper

    model = model_zoo.build_model(name)
    wrapper = build_optim_wrapper(model, model_zoo.config(name).optim_wrapper)
    names = {id(value): key for key, value in model.named_parameters()}
    rates = {
        names[id(value)]: group["lr"]
        for group in wrapper.optimizer.param_groups
        for value in group["params"]
    }
    slow = {key for key, rate in rates.items() if rate == pytest.approx(4e-4)}
    transformer = ("head.encoder.", "head.keypoint_decoder.", "head.level_embedding")
    assert slow == {key for key in rates if key.startswith(transformer)}
    assert "head.level_embedding" in slow
    assert {rates[key] for key in rates if key not in slow} == {4e-3}
