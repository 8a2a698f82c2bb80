"""Keypoints as fractions of the crop, and the heatmaps of TFPose's auxiliary branch."""

from typing import ClassVar

import numpy as np
from mmpose.codecs import UDPHeatmap
from mmpose.codecs.base import BaseKeypointCodec
from mmpose.registry import KEYPOINT_CODECS


@KEYPOINT_CODECS.register_module()
class NormalizedCoordinates(BaseKeypointCodec):
    """Coordinates in [0, 1]: the centre of the crop's first pixel is 0, that of its last pixel 1.

    This is UDP's unit, to be used with `TopdownAffine(use_udp=True)`; flipping the crop is then x -> 1 - x exactly.

    Args:
        input_size: (width, height) of the crop in pixels.
        heatmap_size: (width, height) of the auxiliary heatmaps (UDP, Huang et al., CVPR 2020).
        sigma: of their Gaussians, in heatmap pixels.
    """

    label_mapping_table: ClassVar = {k: k for k in ("keypoint_labels", "keypoint_weights")}
    field_mapping_table: ClassVar = dict(heatmaps="heatmaps")

    def __init__(
        self, *, input_size: tuple[int, int], heatmap_size: tuple[int, int], sigma: float = 2.0
    ) -> None:
        self.input_size = input_size
        self.heatmaps = UDPHeatmap(input_size, heatmap_size, sigma=sigma)

    def encode(
        self, keypoints: np.ndarray, keypoints_visible: np.ndarray | None = None
    ) -> dict[str, np.ndarray]:
        """Targets of one person.

        keypoints [1, K, 2] are in pixels of the crop, keypoints_visible is [1, K]. Returns keypoint_labels [1, K, 2],
        keypoint_weights [1, K] (1 for labelled joints inside the crop, else 0) and heatmaps [K, H, W], all float32.
        """
        if keypoints_visible is None:
            keypoints_visible = np.ones(keypoints.shape[:2], dtype=np.float32)
        labels = keypoints / (np.array(self.input_size) - 1)
        inside = ((labels >= 0) & (labels <= 1)).all(axis=2)
        heatmaps = self.heatmaps.encode(keypoints, keypoints_visible)["heatmaps"]
        return {
            "keypoint_labels": labels.astype(np.float32),
            "keypoint_weights": (inside & (keypoints_visible > 0.5)).astype(np.float32),
            "heatmaps": heatmaps,
        }

    def decode(self, encoded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Coordinates [N, K, 2] in [0, 1] to keypoints [N, K, 2] and scores [N, K].

        Scores are 1, since the network predicts none. Keypoints are the fraction times `input_size`, which is what
        MMPose's top-down estimators expect of a UDP codec: they divide by it and multiply by the box.
        """
        scores = np.ones(encoded.shape[:2], dtype=np.float32)
        return encoded.astype(np.float64) * np.array(self.input_size), scores
