"""What MMPose's random transforms draw, from the same random stream, without their work around it.

For one generator state `RandomFlip`, `RandomHalfBody` and `RandomBBoxTransform` give here what they give there.
"""

from typing import Any, NamedTuple

import numpy as np
from scipy import special

_LOG_BELOW = special.log_ndtr(-1.0)  # of a normal number below -1
_LOG_WITHIN = special.log1p(-special.ndtr(-1.0) - special.ndtr(-1.0))  # between -1 and 1


class Steps(NamedTuple):
    """The random transforms of a pipeline, None where it has none."""

    flip: Any = None
    half_body: Any = None
    jitter: Any = None


class Drawn(NamedTuple):
    """flip: whether to mirror. half: the keypoints of a half body, None: the whole. jitter: [7] uniform numbers."""

    flip: bool
    half: list[int] | None
    jitter: np.ndarray | None


def draw(
    steps: Steps,
    random: np.random.RandomState,
    visible: np.ndarray,
    info: dict[str, Any],
    *,
    located: bool,
) -> Drawn:
    """The draws of one sample, in the transforms' order. visible [K] before flipping; info: the data set's halves."""
    flipped = steps.flip is not None and random.random_sample() < _threshold(steps.flip.prob)
    half = None
    if steps.half_body is not None and located:
        seen = visible[info["flip_indices"]] if flipped else visible
        half = _half(steps.half_body, random, seen, info)
    return Drawn(flipped, half, random.random_sample(7) if steps.jitter is not None else None)


def _threshold(probability: float) -> float:
    """As `numpy.random.choice` has it: the cumulated probabilities divided by their sum."""
    return probability / (probability + (1.0 - probability))


def _half(
    step: Any, random: np.random.RandomState, visible: np.ndarray, info: dict[str, Any]
) -> list[int] | None:
    if visible.sum() < step.min_total_keypoints or random.random_sample() > step.prob:
        return None
    upper = [one for one in info["upper_body_ids"] if visible[one] > 0]
    lower = [one for one in info["lower_body_ids"] if visible[one] > 0]
    prefers_upper = random.random_sample() < step.upper_prioritized_prob
    enough_upper = len(upper) >= step.min_upper_keypoints
    enough_lower = len(lower) >= step.min_lower_keypoints
    if not enough_upper and not enough_lower:
        return None
    return upper if enough_upper and (prefers_upper or not enough_lower) else lower


def jittered(
    step: Any, drawn: np.ndarray, centers: np.ndarray, scales: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centres [B, 2], scales [B, 2] and rotations [B] in degrees of boxes after `RandomBBoxTransform`.

    drawn: [B, 7], four numbers for the truncated normals, one for the shift, one for the scale, one for the rotation.
    """
    normal = truncated_normal(drawn[:, :4]).astype(np.float32)
    offset = np.where(drawn[:, 4:5] < step.shift_prob, normal[:, :2] * step.shift_factor, 0.0)
    low, high = step.scale_factor
    scale = normal[:, 2:3] * ((high - low) * 0.5) + (high + low) * 0.5
    scale = np.where(drawn[:, 5:6] < step.scale_prob, scale, 1.0)
    rotation = np.where(drawn[:, 6] < step.rotate_prob, normal[:, 3] * step.rotate_factor, 0.0)
    return centers + offset * scales, scales * scale, rotation


def truncated_normal(uniform: np.ndarray) -> np.ndarray:
    """Standard normal numbers within -1 and 1 by their distribution's inverse, as SciPy's `truncnorm.rvs` draws."""
    log_mass = np.log(uniform) + _LOG_WITHIN
    below = np.broadcast_to(_LOG_BELOW, log_mass.shape)
    return special.ndtri_exp(special.logsumexp([below, log_mass], axis=0))
