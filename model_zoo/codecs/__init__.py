"""Keypoint codecs that several families use; a codec of one family is in its folder."""

from ..compat import import_mmpose

import_mmpose()  # so that a module of this folder can be the first import
