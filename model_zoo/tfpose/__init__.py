"""TFPose (Mao et al., arXiv 2103.15320)."""

from ..compat import import_mmpose

import_mmpose()  # so that a module of this folder can be the first import
