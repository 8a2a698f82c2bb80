"""The zoo's components are registered before any of its test modules imports MMPose."""

import model_zoo
from model_zoo import compat
from tests.model_zoo.shapes import prefer_native_kernels

model_zoo.register()
compat.import_torchvision()  # on a CPU build of PyTorch its wheel does not load by itself
prefer_native_kernels()
