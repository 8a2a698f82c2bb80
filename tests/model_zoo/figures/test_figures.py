"""What heads show of themselves: where the panels point, checked by another way to the same numbers."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

import model_zoo
from model_zoo.figures import querypose
from model_zoo.figures.panel import figures
from model_zoo.figures.tfpose import query_attention


def shown(name: str):
    model = model_zoo.build_model(name)
    width, height = model_zoo.input_size(name)
    image = torch.rand(3, height, width, generator=torch.Generator().manual_seed(0))
    sample = SimpleNamespace(metainfo={"input_size": (width, height)})
    return model, image, figures(model, image, sample)


def test_lightpose_strongest_dot_is_the_decoded_keypoint() -> None:
    model, image, panels = shown("lightpose-r50")
    torch.nn.init.ones_(model.head.heatmap_layer.bias)  # so that every map is positive
    panels = figures(model, image, None)
    with torch.no_grad():
        heatmaps, offsets = model(image[None], None, mode="tensor")
    decoded, _ = model.head.decoder.batch_decode(heatmaps, offsets)
    assert [p.title for p in panels] == ["nose", "left shoulder", "right wrist", "right ankle"]
    for panel, k in zip(panels, (0, 5, 10, 16), strict=True):
        np.testing.assert_allclose(
            panel.points[panel.weights.argmax()], decoded[0][0, k], atol=1e-3
        )
        assert panel.weights.max() == pytest.approx(1.0)


def test_tfpose_weights_of_a_query_sum_to_one_and_its_matrix_has_a_row_a_keypoint() -> None:
    model, image, panels = shown("tfpose-r18-e6d6")
    sampling = [p for p in panels if p.key == "sampling"]
    (queries,) = (p for p in panels if p.key == "queries")
    assert len(sampling) == 4
    for panel in sampling:  # 8 heads, 3 levels, 4 points
        assert panel.points.shape == (96, 2)
        assert panel.weights.max() == pytest.approx(1.0)
    np.testing.assert_allclose(queries.matrix.sum(axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(
        queries.matrix, query_attention(model, image[None])[0].numpy(), atol=1e-6
    )


def test_a_model_without_query_attention_has_sampling_points_only() -> None:
    _, _, panels = shown("tfpose-r18-e0d6-noaux-noq2q")
    assert {p.key for p in panels} == {"sampling"}


def test_querypose_attention_is_mapped_into_the_box() -> None:
    """A box over the right half of the image; all attention in the box's top left corner."""
    attention = torch.zeros(2, 28, 28)
    attention[:, :7, :7] = 1.0
    box = torch.tensor([40.0, 0.0, 80.0, 60.0])
    panels = querypose.part_panels(attention, box, ((0, 1), (2,)), (80, 60))
    assert [p.title for p in panels] == ["keypoint 1, keypoint 2", "keypoint 3"]
    heat = panels[0].heat
    assert heat.shape == (60, 80)
    assert heat[:, :39].max() == 0
    assert heat[5, 45] == pytest.approx(1.0)
    assert heat[30:, :].max() == 0


def test_querypose_has_a_panel_per_part() -> None:
    model = model_zoo.build_model("querypose-r50", tier="smoke")
    sample = SimpleNamespace(img_shape=(96, 128))
    panels = figures(model, torch.rand(3, 96, 128), sample)
    assert len(panels) == 7
    assert panels[0].title == "nose, left eye, right eye, left ear, right ear"
    assert all(p.heat.shape == (96, 128) for p in panels)
    plain = model_zoo.build_model("querypose-r50-baseline", tier="smoke")
    assert figures(plain, torch.rand(3, 96, 128), sample) == []
