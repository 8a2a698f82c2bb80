"""Top-down samples a batch at a time: what MMPose's transforms give, without their cost (docs/speed.md)."""

from ..compat import import_mmpose

import_mmpose()  # so that a module of this folder can be the first import
