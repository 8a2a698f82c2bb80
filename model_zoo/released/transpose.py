"""Entry names of the authors' TransPose checkpoints (release "Hub") for a TransPose of the zoo."""

from torch import Tensor, nn


def released_names(model: nn.Module) -> dict[str, str]:
    """Entry names of the authors' state_dict (release "Hub") to those of our model."""
    renamed = {"encoder": "global_encoder"}
    names = {}
    for ours in model.state_dict():
        part, _, rest = ours.partition(".")
        if part == "head":
            first, dot, tail = rest.partition(".")
            rest = renamed.get(first, first) + dot + tail
        names[rest] = ours
    return names


def describe_checkpoint(state: dict[str, Tensor]) -> str | None:
    """The TransPose that a state_dict with the authors' entry names belongs to, in words; else None."""
    layers = {name.split(".")[2] for name in state if name.startswith("global_encoder.layers.")}
    reduce, final = state.get("reduce.weight"), state.get("final_layer.weight")
    hidden = state.get("global_encoder.layers.0.linear1.weight")
    if not layers or reduce is None or final is None or hidden is None:
        return None
    backbone = f"H with HRNet-W{reduce.shape[1]}" if "conv2.weight" in state else "R with ResNet-50"
    return (
        f"TransPose-{backbone}, {len(layers)} layers, d {reduce.shape[0]}, h {hidden.shape[0]}, "
        f"{final.shape[0]} keypoints"
    )
