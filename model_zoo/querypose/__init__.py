"""QueryPose (Xiao et al., NeurIPS 2022)."""

from ..compat import import_mmpose, import_torchvision

import_mmpose()  # so that a module of this folder can be the first import
import_torchvision()
