"""The zoo's components are registered before any of its test modules imports MMPose."""

import model_zoo
from tests.model_zoo.shapes import prefer_native_kernels

model_zoo.register()
prefer_native_kernels()
