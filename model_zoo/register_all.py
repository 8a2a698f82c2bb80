"""Importing this module registers the zoo: `custom_imports = dict(imports=["model_zoo.register_all"])`."""

from .registry import register

register()
