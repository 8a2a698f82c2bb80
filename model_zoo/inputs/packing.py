"""MMPose's data samples, filled without the checks and copies of their setters."""

from typing import Any

import torch
from mmpose.structures import PoseDataSample


class Sample(PoseDataSample):
    """A sample whose labels are views of its batch's; on the CPU nothing is copied to the CPU again."""

    def to(self, device: Any, *args: Any, **kwargs: Any) -> Any:
        here = torch.device(device).type == "cpu"
        return self if here else super().to(device, *args, **kwargs)


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
