"""Networks of the paper's widths and depths on small images: the same parameters, at a hundredth of the cost.

What depends on the size of the image alone (learned position embeddings, the grid of an integral regression) is
built for the small one. QueryPose, with 300 million parameters, looks for few people and has two of its equal stages.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import torch
from mmengine.registry import DefaultScope
from mmpose.registry import MODELS

import model_zoo
from model_zoo import registry

SQUARE, UPRIGHT = (64, 64), (96, 128)  # multiples of 32, HRNet's coarsest stride
QUERIES, STAGES = 4, 2
REPEATED = 65537  # numbers drawn for a large matrix; prime, so that no two rows of one begin alike
LARGE = 2**21  # entries


def small_config(name: str) -> tuple[dict, tuple[int, int]]:
    """A model's config at the full size for small images, and their (width, height)."""
    cfg = model_zoo.config(name)
    before = model_zoo.input_size(name)
    size = SQUARE if before[0] == before[1] else UPRIGHT
    if "codec" in cfg:
        changes = {"codec.input_size": size}
        if "heatmap_size" in cfg.codec:
            changes["codec.heatmap_size"] = scaled(cfg.codec.heatmap_size, size, before)
        registry._merge(cfg, changes)
    if "in_featuremap_size" in cfg.model.head:
        grid = scaled(cfg.model.head.in_featuremap_size, size, before)
        cfg.model.head.in_featuremap_size = grid
    if "num_queries" in cfg.model.head:
        cfg.model.head.update(num_queries=QUERIES, num_stages=STAGES)
    return cfg.model, size


def scaled(grid, size, before):
    return tuple(cells * new // old for cells, new, old in zip(grid, size, before, strict=True))


def build_small(name: str) -> tuple[torch.nn.Module, tuple[int, int]]:
    """A model at the full size for small images, with the initial weights of its config, in training mode.

    Matrices of over two million entries repeat their first `REPEATED` random numbers: QueryPose has 300 million.
    """
    cfg, size = small_config(name)
    for node, key, init in registry._entries(cfg):
        if key == "init_cfg" and isinstance(init, dict) and init.get("type") == "Pretrained":
            del node[key]
    with DefaultScope.overwrite_default_scope("mmpose"), quick_draws():
        model = MODELS.build(cfg)
        registry._init_quietly(model)
    return model.train(), size


@contextmanager
def quick_draws() -> Iterator[None]:
    """Meanwhile random numbers for a large tensor are drawn once and repeated."""

    def repeating(draw):
        def fill(tensor, *args, **named):
            if tensor.numel() < LARGE:
                return draw(tensor, *args, **named)
            flat = tensor.detach().view(-1)
            block = draw(flat[:REPEATED], *args, **named).clone()
            whole, rest = divmod(len(flat), REPEATED)
            flat[: whole * REPEATED].view(whole, REPEATED).copy_(block)
            flat[whole * REPEATED :].copy_(block[:rest])
            return tensor

        return fill

    quick = {name: repeating(getattr(torch.Tensor, name)) for name in ("uniform_", "normal_")}
    with mock.patch.multiple(torch.Tensor, **quick):
        yield


#: Parameters whose shape `build_small` may change.
OF_THE_SIZE = ("position", "linspace", "proposal_")
