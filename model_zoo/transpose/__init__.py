"""TransPose (Yang et al., ICCV 2021)."""

from ..compat import import_mmpose

import_mmpose()  # so that a module of this folder can be the first import
