"""MMPose's data samples, filled without the checks and copies of their setters."""

from typing import Any

import torch
from mmpose.structures import PoseDataSample

_CPU = torch.device("cpu")


class Sample(PoseDataSample):
    """A sample whose labels are views of its batch's; what is on the CPU is not copied to the CPU again."""

    def to(self, device: Any, *args: Any, **kwargs: Any) -> Any:
        parts = [self.get(name) for name in ("gt_instance_labels", "gt_fields")]
        labels = [value for part in parts if part is not None for value in part.values()]
        devices = {torch.device(device), *(value.device for value in labels)}
        return self if devices == {_CPU} else super().to(device, *args, **kwargs)


def filled(element: Any, fields: dict[str, Any], index: int) -> Any:
    """A data element with its fields set; its own setter checks the sizes that a batch shares."""
    for name, values in fields.items():
        element.__dict__[name] = values[index]
        element._data_fields.add(name)
    return element


def sample_of(meta: dict[str, Any], parts: dict[str, Any]) -> Sample:
    sample = Sample()
    for name, value in meta.items():
        sample.__dict__[name] = value
        sample._metainfo_fields.add(name)
    for name, value in parts.items():
        setattr(sample, name, value)
    return sample
