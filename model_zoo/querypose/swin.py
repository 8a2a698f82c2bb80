"""Swin Transformer with the weights' layout of Swin's own checkpoints, under MMPose's entry names."""

import torch
from mmengine.model import BaseModule
from mmengine.runner import CheckpointLoader
from mmpose.models.backbones import SwinTransformer
from mmpose.registry import MODELS
from torch import Tensor, nn

COLUMN_FIRST = (0, 2, 1, 3)  # Swin's order of a patch's four pixels; nn.Unfold is row-major


class PatchUnfold(nn.Unfold):
    """[B, C, H, W] to [B, 4C, H / 2 * W / 2]: the four pixels of each patch in column-major order, C channels each."""

    def __init__(self) -> None:
        super().__init__(kernel_size=(2, 2), dilation=(1, 1), padding=(0, 0), stride=(2, 2))

    def forward(self, x: Tensor) -> Tensor:
        patches = super().forward(x).unflatten(1, (-1, 4))
        return patches[:, :, COLUMN_FIRST].transpose(1, 2).flatten(1, 2)


@MODELS.register_module()
class ReleasedSwin(SwinTransformer):
    """MMPose's SwinTransformer that merges patches in the order of Swin's own weights.

    Pretrained weights are read from a file of the Swin authors; MMPose 1.3.2 adds a prefix to their names that its
    own backbone does not have, so none of them are loaded.
    """

    def __init__(self, **kwargs) -> None:
        target = torch.get_default_device()
        # MMPose reads numbers from tensors
        with torch.device("cpu" if target.type == "meta" else target):
            super().__init__(**kwargs)
        self.to(target)
        for stage in self.stages:
            if stage.downsample is not None:
                stage.downsample.sampler = PatchUnfold()

    def init_weights(self) -> None:
        """From `init_cfg`. Raises `ValueError` if a pretrained file lacks weights of this backbone."""
        if not isinstance(self.init_cfg, dict) or self.init_cfg.get("type") != "Pretrained":
            return super().init_weights()
        path = self.init_cfg["checkpoint"]
        file = CheckpointLoader.load_checkpoint(path, map_location="cpu")
        state = {own_name(name): value for name, value in file.get("model", file).items()}
        missing, _ = BaseModule.load_state_dict(self, state, strict=False)
        # the outputs' norms are new
        lacking = [name for name in missing if not name.startswith("norm")]
        if lacking:
            raise ValueError(f"'{path}' lacks {len(lacking)} entries of this Swin, as {lacking[0]}")
        return None


def own_name(name: str) -> str:
    """A name in the Swin authors' checkpoints to that of MMPose's SwinTransformer."""
    for theirs, ours in (
        ("patch_embed.proj.", "patch_embed.projection."),
        ("layers.", "stages."),
        (".attn.", ".attn.w_msa."),
        (".mlp.fc1.", ".ffn.layers.0.0."),
        (".mlp.fc2.", ".ffn.layers.1."),
    ):
        name = name.replace(theirs, ours, 1)
    return name
