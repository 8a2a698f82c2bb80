"""Visualisations of the networks: `figures/<family>.py` shows `<family>/`, which never imports it."""
