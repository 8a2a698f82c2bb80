"""The zoo's components are registered before any of its test modules imports MMPose."""

import model_zoo

model_zoo.register()
