"""The papers' operators written out, term by term of their equations: the other side of `measure_networks`.

Each takes what the project's operator takes and returns the same values.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model_zoo.layers.deformable import DeformableAttention, Shapes
from model_zoo.querypose.interaction import DynamicMLP, SpatialPartEmbedding


def attention(layer: nn.MultiheadAttention, query: Tensor, value: Tensor) -> Tensor:
    """TransPose, Eq. 1 and 2, each head in turn, with its matrix of attention [B, L, L]: [B, L, D] to [B, L, D]."""
    wq, wk, wv = layer.in_proj_weight.chunk(3)
    bq, bk, bv = layer.in_proj_bias.chunk(3)
    parts = (F.linear(query, wq, bq), F.linear(query, wk, bk), F.linear(value, wv, bv))
    heads = []
    for q, k, v in zip(*(part.chunk(layer.num_heads, dim=2) for part in parts), strict=True):
        weights = torch.softmax(q @ k.transpose(1, 2) / q.shape[2] ** 0.5, dim=2)
        weights = F.dropout(weights, layer.dropout, layer.training)
        heads.append(weights @ v)
    return layer.out_proj(torch.cat(heads, dim=2))


def bilinear(image: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Values [C, N] of image [C, H, W] at columns x and rows y [N], cells' centres at whole numbers, zero outside."""
    height, width = image.shape[1:]
    left, top = x.floor(), y.floor()
    total = image.new_zeros(len(image), len(x))
    for column, row in ((left, top), (left + 1, top), (left, top + 1), (left + 1, top + 1)):
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        weight = (1 - (x - column).abs()) * (1 - (y - row).abs()) * inside
        at = row.clamp(0, height - 1).long() * width + column.clamp(0, width - 1).long()
        total = total + image.flatten(1)[:, at] * weight
    return total


def deformable(
    layer: DeformableAttention, query: Tensor, reference: Tensor, memory: Tensor, shapes: Shapes
) -> Tensor:
    """Deformable DETR, Eq. 3: heads, levels and points are sampled one by one; arguments are those of `forward`."""
    values = layer.value_proj(memory).chunk(layer.heads, dim=2)
    locations, weights = layer.sampling(query, reference, shapes)
    images = []
    for image in range(len(query)):
        heads = []
        for head, value in enumerate(values):
            total = 0
            maps = value[image].split([height * width for height, width in shapes])
            for level, ((height, width), tokens) in enumerate(zip(shapes, maps, strict=True)):
                feature = tokens.T.unflatten(1, (height, width))
                for point in range(layer.points):
                    x, y = locations[image, :, head, level, point].unbind(1)
                    sampled = bilinear(feature, x * width - 0.5, y * height - 0.5)
                    total = total + sampled * weights[image, :, head, level, point]
            heads.append(total.T)
        images.append(torch.cat(heads, dim=1))
    return layer.output_proj(torch.stack(images))


def dynamic_mlp(layer: DynamicMLP, query: Tensor, features: Tensor) -> Tensor:
    """Sparse R-CNN, Sec. 3.2: the two layers that a query generates act on its own region, person by person."""
    people = []
    for own, region in zip(query, features, strict=True):
        for one in own:
            tokens = region.flatten(1).T
            first, second = layer.dynamic_layer(one).chunk(2)
            x = layer.norm1(tokens @ first.view(layer.width, layer.hidden)).relu()
            x = layer.norm2(x @ second.view(layer.hidden, layer.width)).relu()
            people.append(layer.norm3(layer.out_layer(x.flatten())).relu())
    return torch.stack(people).view(*query.shape[:2], -1)


def part_embedding(layer: SpatialPartEmbedding, query: Tensor, features: Tensor) -> Tensor:
    """QueryPose, Sec. 3.2: each part's map weights all features, which are then summed over the positions."""
    fine = layer.upsample(features)
    maps = layer.attention_conv(fine)
    parts = []
    for one in maps.unbind(1):
        weights = one.flatten(1).softmax(dim=1).view_as(one)
        parts.append(layer.project((weights[:, None] * fine).sum(dim=(2, 3))))
    return torch.stack(parts, dim=1)


def roi_align(features: list[Tensor], strides: tuple[int, ...], boxes: Tensor, size: int) -> Tensor:
    """Mask R-CNN, Sec. 3, with FPN's Eq. 1 for the level: box by box, 2 x 2 samples a bin; outside of a map counts what
    lies at its border. boxes [B, n, 4] to [B * n, C, size, size]."""
    pooled = []
    for image, own in enumerate(boxes):
        for x1, y1, x2, y2 in own:
            level = torch.floor(4 + torch.log2(((x2 - x1) * (y2 - y1)).sqrt() / 224 + 1e-8))
            level = int(level.clamp(2, 1 + len(strides))) - 2
            feature, stride = features[level][image], strides[level]
            height, width = feature.shape[1:]
            steps = (torch.arange(2 * size) + 0.5) / (2 * size)
            x = ((x1 + (x2 - x1) * steps) / stride - 0.5).clamp(0, width - 1)
            y = ((y1 + (y2 - y1) * steps) / stride - 0.5).clamp(0, height - 1)
            rows, columns = torch.meshgrid(y, x, indexing="ij")
            values = bilinear(feature, columns.flatten(), rows.flatten())
            bins = values.view(-1, size, 2, size, 2)
            pooled.append(bins.mean(dim=(2, 4)))
    return torch.stack(pooled)
