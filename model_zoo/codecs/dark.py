"""DARK's heatmaps as its authors and TransPose's decode them (Zhang et al., CVPR 2020, arXiv 1910.06278, Sec. 3)."""

import numpy as np
from mmpose.codecs import UDPHeatmap
from mmpose.codecs.utils import gaussian_blur, get_heatmap_maximum
from mmpose.registry import KEYPOINT_CODECS


@KEYPOINT_CODECS.register_module()
class DarkHeatmap(UDPHeatmap):
    """Gaussians at unrounded locations, pixel centres aligned, and the published DARK step for decoding.

    Encoding is MMPose's `UDPHeatmap`. Decoding: maximum, Gaussian blur (zeros outside the map, scaled back to the
    maximum), logarithm, one Newton step with central differences, the second ones over two cells. No step is made where
    the maximum lies in the outer two cells, so that there the error is up to half a cell. MMPose 1.3.2's `UDPHeatmap`
    takes its step there too, from differences over one cell of a blurred map that is cut off: up to 4 pixels off.

    Args:
        input_size, heatmap_size: (width, height) of the crop and of the heatmap. sigma: of the Gaussian, in cells.
        blur_kernel_size: side of the blur in cells, odd; 11 for sigma 2, 17 for sigma 3.
    """

    def __init__(
        self,
        *,
        input_size: tuple[int, int],
        heatmap_size: tuple[int, int],
        sigma: float = 2.0,
        blur_kernel_size: int = 11,
    ) -> None:
        super().__init__(input_size, heatmap_size, sigma=sigma, blur_kernel_size=blur_kernel_size)

    def decode(self, encoded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Heatmaps [K, H, W] to keypoints [1, K, 2] and scores [1, K], the maxima.

        Keypoints are fractions of the distance between the centres of the outer pixels, times the crop's size, which
        MMPose's top-down estimator expects of a codec with aligned pixel centres. A heatmap without a positive value
        gives (0, 0).
        """
        cells, scores = get_heatmap_maximum(encoded)
        found = scores > 0
        cells[~found] = 0
        cells[found] += self._steps(encoded[found].astype(np.float32), cells[found].astype(int))
        keypoints = cells / (np.array(self.heatmap_size) - 1) * self.input_size
        return keypoints[None], scores[None]

    def _steps(self, heatmaps: np.ndarray, cells: np.ndarray) -> np.ndarray:
        """Newton's steps [K, 2] in cells from the maxima at `cells` [K, 2] of `heatmaps` [K, H, W], which are blurred
        in place; 0 in the outer two cells and where the second derivatives have no inverse."""
        maps = np.log(np.maximum(gaussian_blur(heatmaps, self.blur_kernel_size), 1e-10))
        last = np.array(self.heatmap_size) - 3
        inside = ((cells >= 2) & (cells <= last)).all(axis=1)
        index, (x, y) = np.nonzero(inside)[0], cells[inside].T

        def at(across: int, down: int) -> np.ndarray:
            return maps[index, y + down, x + across].astype(np.float64)

        dx, dy = (at(1, 0) - at(-1, 0)) / 2, (at(0, 1) - at(0, -1)) / 2
        dxx = (at(2, 0) - 2 * at(0, 0) + at(-2, 0)) / 4
        dyy = (at(0, 2) - 2 * at(0, 0) + at(0, -2)) / 4
        dxy = (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / 4
        determinant = dxx * dyy - dxy**2
        flat = determinant == 0
        moved = np.stack([dxy * dy - dyy * dx, dxy * dx - dxx * dy], axis=1)
        moved /= np.where(flat, np.inf, determinant)[:, None]
        steps = np.zeros(cells.shape)
        steps[inside] = moved
        return steps
