"""LightPose's label: low-resolution heatmaps and the offset from a cell to the keypoint (Sec. 2.1)."""

from typing import ClassVar

import numpy as np
from mmpose.codecs.base import BaseKeypointCodec
from mmpose.registry import KEYPOINT_CODECS
from torch import Tensor


@KEYPOINT_CODECS.register_module()
class CenterOffsetHeatmap(BaseKeypointCodec):
    """Low-resolution label: a Gaussian around the keypoint's cell and displacements to the keypoint.

    Heatmap: exp(-d^2 / (2 sigma^2)), d the distance in cells to the cell that holds the keypoint (LightPose, Sec. 2.1:
    the centre is the floor, not the nearest cell). Offset at cell c: the signed displacement (p - centre of c) / R from
    the cell to the keypoint p, in cells. The paper prints |p/R - floor(p/R)|: at the keypoint's own cell both agree up
    to a constant, while at the surrounding cells, which are trained too (eq. 2), only the sign gives the direction.

    Args:
        input_size: (width, height) of the input in pixels.
        heatmap_size: (width, height) of the grid; the stride must be the same integer for both.
        sigma: standard deviation of the Gaussian, in cells.
        shift: decoding without offsets moves the maximum by this fraction of a cell towards the
            higher of its two neighbours (SimpleBaseline, HRNet: a quarter); 0 for none.

    Raises `ValueError` for sizes without such a stride and for a sigma that is not positive.
    """

    label_mapping_table: ClassVar = dict(keypoint_weights="keypoint_weights")
    field_mapping_table: ClassVar = dict(heatmaps="heatmaps", offsets="offsets")

    def __init__(
        self,
        *,
        input_size: tuple[int, int],
        heatmap_size: tuple[int, int],
        sigma: float,
        shift: float = 0.25,
    ) -> None:
        self.stride = input_size[0] // heatmap_size[0]
        if tuple(input_size) != tuple(self.stride * size for size in heatmap_size):
            raise ValueError(
                f"a grid of {heatmap_size} on an input of {input_size} (width, height); "
                "the input must be the grid times one integer stride"
            )
        if sigma <= 0:
            raise ValueError(f"sigma is {sigma} cells; it must be positive")
        self.heatmap_size, self.sigma, self.shift = tuple(heatmap_size), sigma, shift

    def encode(self, keypoints: np.ndarray, keypoints_visible: np.ndarray | None = None) -> dict:
        """Keypoints [1, K, 2] in pixels of the input and their visibility [1, K] to targets.

        Returns float32 `heatmaps` [K, h, w], `offsets` [2K, h, w] in cells (x and y of the first
        keypoint, of the second, and so on) and `keypoint_weights` [1, K], zero outside the image.
        """
        width, height = self.heatmap_size
        if keypoints_visible is None:
            keypoints_visible = np.ones(keypoints.shape[:2], np.float32)
        point = (keypoints[0].astype(np.float64) + 0.5) / self.stride - 0.5  # [K, 2] in cells
        cell = np.floor(point + 0.5)
        inside = ((cell >= 0) & (cell < self.heatmap_size)).all(axis=1)
        grid = np.mgrid[:height, :width][::-1].astype(np.float64)  # [2, h, w]: x, y

        square = ((grid - cell[:, :, None, None]) ** 2).sum(axis=1)
        heatmaps = np.exp(-square / (2 * self.sigma**2)) * inside[:, None, None]
        offsets = point[:, :, None, None] - grid
        return dict(
            heatmaps=heatmaps.astype(np.float32),
            offsets=offsets.reshape(-1, height, width).astype(np.float32),
            keypoint_weights=(keypoints_visible * inside).astype(np.float32),
        )

    def decode(
        self, heatmaps: np.ndarray, offsets: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Heatmaps [K, h, w] and offsets [2K, h, w] or [K, 2, h, w] (or none) to keypoints [1, K, 2] in pixels of
        the input and scores [1, K], the heatmaps' maxima."""
        count, height, width = heatmaps.shape
        best = heatmaps.reshape(count, -1).argmax(axis=1)
        index, row, column = np.arange(count), best // width, best % width
        if offsets is None:
            moved = self._shifts(heatmaps, index, row, column)
        else:
            moved = offsets.reshape(count, 2, height, width)[index, :, row, column]
        cells = np.stack([column, row], axis=1) + moved
        keypoints = (cells + 0.5) * self.stride - 0.5
        return keypoints[None].astype(np.float32), heatmaps[index, row, column][None]

    def batch_decode(
        self, heatmaps: Tensor, offsets: Tensor | None = None
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """`decode` of every image: tensors with a leading batch axis to two lists of length B."""
        maps = [m.detach().float().cpu().numpy() for m in (heatmaps, offsets) if m is not None]
        decoded = [self.decode(*one) for one in zip(*maps, strict=True)]
        return [keypoints for keypoints, _ in decoded], [scores for _, scores in decoded]

    def _shifts(
        self, heatmaps: np.ndarray, index: np.ndarray, row: np.ndarray, column: np.ndarray
    ) -> np.ndarray:
        """Shifts [K, 2] in cells towards the higher neighbour; none where a neighbour is missing."""
        padded = np.pad(heatmaps, ((0, 0), (1, 1), (1, 1)), constant_values=np.nan)
        row, column = row + 1, column + 1
        across = padded[index, row, column + 1] - padded[index, row, column - 1]
        down = padded[index, row + 1, column] - padded[index, row - 1, column]
        slope = np.stack([across, down], axis=1)
        return self.shift * np.sign(np.nan_to_num(slope))
