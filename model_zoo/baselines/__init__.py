"""Networks of MMPose that the papers compare with."""

from ..compat import import_mmpose

import_mmpose()  # so that a module of this folder can be the first import
