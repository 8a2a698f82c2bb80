"""LOFR (Xu et al., CVPR 2022)."""

from ..compat import import_mmpose

import_mmpose()  # so that a module of this folder can be the first import
