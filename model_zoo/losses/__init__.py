"""Losses that stock MMPose does not have."""

from ..compat import import_mmpose

import_mmpose()  # so that a module of this folder can be the first import
