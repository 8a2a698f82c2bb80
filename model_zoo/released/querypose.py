"""Entry names of the authors' checkpoints (detectron2's layout) for a QueryPose of the zoo."""

import re

from torch import Tensor, nn

RESNET = (
    (r"^backbone\.conv1\.", "backbone.bottom_up.stem.conv1."),
    (r"^backbone\.bn1\.", "backbone.bottom_up.stem.conv1.norm."),
    (r"\.bn(\d)\.", r".conv\1.norm."),
    (r"\.downsample\.0\.", ".shortcut."),
    (r"\.downsample\.1\.", ".shortcut.norm."),
    (r"^backbone\.layer(\d)\.", lambda m: f"backbone.bottom_up.res{int(m[1]) + 1}."),
)
HRNET = ((r"^backbone\.", "backbone.bottom_up."),)
SWIN = (
    (r"^backbone\.", "backbone.bottom_up."),
    (r"\.patch_embed\.projection\.", ".patch_embed.proj."),
    (r"\.stages\.(\d)\.", r".layers.\1."),
    (r"\.attn\.w_msa\.", ".attn."),
    (r"\.ffn\.layers\.0\.0\.", ".mlp.fc1."),
    (r"\.ffn\.layers\.1\.", ".mlp.fc2."),
)
SUM_FPN = (
    (r"^neck\.lateral\.(\d)\.", lambda m: f"backbone.fpn_lateral{int(m[1]) + 2}."),
    (r"^neck\.output\.(\d)\.", lambda m: f"backbone.fpn_output{int(m[1]) + 2}."),
)
HR_FPN = (
    (r"^neck\.fuse\.", "backbone.reduction_conv.0."),
    (r"^neck\.output\.", "backbone.fpn_conv."),
)
HEAD = (
    (r"^head\.proposal_boxes\.", "init_proposal_boxes."),
    (r"^head\.proposal_queries\.", "init_proposal_features."),
    (r"^head\.part_queries\.", "part_query."),
    (r"^head\.criterion\.flow\.", "criterion.flow.flow."),
)
BOX_STAGE = (
    (r"\.attention\.", ".self_attn."),
    (r"\.attention_norm\.", ".norm1."),
    (r"\.interaction_norm\.", ".norm2."),
    (r"\.feedforward\.norm\.", ".norm3."),
    (r"\.feedforward\.", "."),
    (r"(head_series\.\d+)\.interaction\.", r"\1.inst_interact."),
    (r"\.class_tower\.", ".cls_module."),
    (r"\.box_tower\.", ".reg_module."),
    (r"\.class_logit\.", ".class_logits."),
    (r"\.box_delta\.", ".bboxes_delta."),
)
POSE_STAGE = (
    (r"\.convolutions\.", ".inst_convs."),
    (r"\.instance_update\.interaction\.", ".pose_decoder_inst_interact."),
    (r"\.instance_update\.norm\.", ".inst_norm."),
    (r"\.instance_update\.feedforward\.norm\.", ".norm2."),
    (r"\.instance_update\.feedforward\.", "."),
    (r"\.feedforward\.norm\.", ".norm2_l."),
    (r"\.feedforward\.(linear\d)\.", r".\1_l."),
    (r"\.interaction\.attention_conv\.", ".part_embed_generator.LSA_conv."),
    (r"\.interaction\.project\.", ".part_embed_generator.fc."),
    (r"\.interaction\.upsample\.", ".part_embed_generator.upsample."),
    (r"\.iteration\.squeeze\.", ".updater.fc1."),
    (r"\.iteration\.norm\.", ".updater.norm_fc1."),
    (r"\.iteration\.gates\.", ".updater.fc2."),
    (r"\.iteration\.unused\.", ".updater.fc3."),
    (r"\.iteration\.unused_norm\.", ".updater.norm_fc3."),
    (r"\.attention\.", ".kps_self_attn."),
    (r"\.attention_norm\.", ".self_attn_norm."),
    (r"\.head\.coordinates\.(\d+)\.", r".fc_coord.\1.linear."),
    (r"\.head\.deviations\.(\d+)\.", r".fc_sigma.\1.linear."),
    (r"\.instance_projection\.", ".residual_filter."),
)
NOT_STORED = ("head.criterion.flow.loc", "head.criterion.flow.cov")
# No output depends on them: Swin's constant index of relative positions, and HRFPN's unused fifth map.
OPTIONAL = re.compile(r"\.attn\.relative_position_index$|^backbone\.fpn_conv\.4\.(weight|bias)$")


def released_names(model: nn.Module) -> dict[str, str]:
    """The authors' entry names to ours. The neck of HRNet-W32 and Swin's names follow detectron2's usual ports."""
    names = [name for name in model.state_dict() if name not in NOT_STORED]
    return {_theirs(name, model): name for name in names}


def optional_entry(name: str) -> bool:
    """Whether a file of the authors may have or lack this entry (their name) without any output changing."""
    return OPTIONAL.search(name) is not None


def _theirs(name: str, model: nn.Module) -> str:
    if name.startswith("head.box_stages."):
        name = name.replace("head.box_stages.", "head.head_series.")
        return _renamed(name, BOX_STAGE)
    if name.startswith("head.pose_stages."):
        name = name.replace("head.pose_stages.", "head.pose_head_series.")
        return _renamed(name, POSE_STAGE)
    if name.startswith("head."):
        return _renamed(name, HEAD)
    part = model.get_submodule(name.partition(".")[0])
    rules = dict(ResNet=RESNET, HRNet=HRNET, ReleasedSwin=SWIN, SumFPN=SUM_FPN, HRFPN=HR_FPN)
    return _renamed(name, rules[type(part).__name__])


def _renamed(name: str, rules: tuple) -> str:
    for pattern, replacement in rules:
        name = re.sub(pattern, replacement, name)
    return name


def describe_checkpoint(state: dict[str, Tensor]) -> str | None:
    """The QueryPose that a state_dict with the authors' entry names belongs to, in words; else None."""
    stages = {name.split(".")[2] for name in state if name.startswith("head.pose_head_series.")}
    queries = state.get("init_proposal_features.weight")
    if not stages or queries is None:
        return None
    kind = "full" if any("pose_decoder_inst_interact" in name for name in state) else "light"
    parts = {name.removeprefix("backbone.bottom_up.").partition(".")[0] for name in state}
    marks = dict(res5="ResNet", stage4="HRNet", layers="Swin")
    backbone = next((marks[part] for part in marks if part in parts), "an unknown backbone")
    about = f"{kind} decoder, {len(stages)} stages, {len(queries)} queries"
    return f"QueryPose with {backbone}, {about}"
