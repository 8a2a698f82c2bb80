"""HRNet that computes those maps of its last stage that LOFR reads."""

from collections.abc import Sequence
from typing import Any

from mmpose.models.backbones import HRNet
from mmpose.registry import MODELS
from torch import Tensor, nn


class Nothing(nn.Module):
    """In place of the convolutions that would add to a map that nothing reads."""

    def forward(self, x: Tensor) -> int:
        return 0


@MODELS.register_module()
class HRNetBranches(HRNet):
    """MMPose's HRNet with some of its branches as outputs: `branches` are their indices, 0 the finest.

    The last fusion has weights for these maps only, so that a backward pass from the outputs reaches every parameter.
    """

    def __init__(self, *, branches: Sequence[int], extra: dict, **kwargs: Any) -> None:
        stage4 = {**extra["stage4"], "multiscale_output": True}
        super().__init__({**extra, "stage4": stage4}, **kwargs)
        self.outputs = tuple(branches)
        fusion = self.stage4[-1].fuse_layers
        for index, sums in enumerate(fusion):
            if index not in self.outputs:
                fusion[index] = nn.ModuleList(Nothing() for _ in sums)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Images [B, 3, H, W] to maps [B, C, h, w], in the order of `branches`."""
        maps = super().forward(x)
        return tuple(maps[index] for index in self.outputs)
