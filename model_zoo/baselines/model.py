"""Baselines: networks of MMPose (paper and origin are in each config) and what they need beyond MMPose 1.3.2."""

from mmpose.models.pose_estimators import BottomupPoseEstimator
from mmpose.registry import MODELS
from torch import Tensor

from ..checkpoint import CheckedLoading
from ..codecs import dark  # noqa: F401  (registered on import)


@MODELS.register_module()
class DenseBottomup(CheckedLoading, BottomupPoseEstimator):
    """MMPose's bottom-up estimator, usable without flip test: its head then expects the features as a list, but
    HRNet returns a tuple (MMPose 1.3.2)."""

    def extract_feat(self, inputs: Tensor) -> list[Tensor]:
        return list(super().extract_feat(inputs))
