"""Losses that stock MMPose does not have."""
