"""Registers the zoo on import, for a config's `custom_imports`."""

from .registry import register

register()
