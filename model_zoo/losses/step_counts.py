"""Counts of labels over a whole training step, for losses that are means over labels.

A step's images may come in several passes and processes, whose losses are averaged. A mean over the labels of each pass
would weigh labels by the company they are in; divided by the step's count instead, the average is the mean over the
step, whatever the number of passes and processes.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from mmengine.dist import all_reduce, get_world_size
from torch import Tensor

# name -> the count in the labels of one sample
_COUNTED = {
    "joints": lambda labels: labels.keypoint_weights.sum(),  # that bear a location
    "people": lambda labels: len(labels.bboxes),
}


class _Step:
    """The step that is trained: all samples of this process, passes of all processes, counts that were asked for."""

    samples: Sequence[Any] = ()
    passes = 1
    counts: dict[str, float]


_step = _Step()


@contextmanager
def counted(samples: Sequence[Any], passes: int) -> Iterator[None]:
    """Within it `over_step` counts the labels of the `samples` that this process has in a step, and of the others.

    passes: of this process.
    """
    _step.samples, _step.passes, _step.counts = samples, passes * get_world_size(), {}
    try:
        yield
    finally:
        _step.samples, _step.passes = (), 1


def over_step(name: str, own: Tensor) -> Tensor:
    """By what the sum over one pass is divided: the step's count, at least 1, divided by the number of its passes.

    own: the count of this pass, a single number; it is the step's if there is but one pass, and outside of training.
    """
    if _step.passes == 1:
        return own.clamp(min=1)
    if name not in _step.counts:
        count = sum(_COUNTED[name](sample.gt_instance_labels) for sample in _step.samples)
        total = own.new_tensor(float(count))
        all_reduce(total)
        _step.counts[name] = max(float(total), 1.0) / _step.passes
    return own.new_tensor(_step.counts[name])
