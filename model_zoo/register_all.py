"""Registers MMPose and the zoo on import, all of it, for a config's `custom_imports`."""

import importlib

from . import compat, lazy_mmpose
from .quiet import quietly
from .registry import register

register()
compat.import_torchvision()  # MMPose's visualizers import it
with quietly():
    for package in ("mmpose", lazy_mmpose.ZOO):
        for module in sorted({one[3] for one in lazy_mmpose.registered(package)}):
            if not module.startswith("mmpose.apis"):  # inferencers, which import what they need
                importlib.import_module(module)
