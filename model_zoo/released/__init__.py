"""The authors' checkpoints: `released/<family>.py` mirrors `<family>/`, which knows nothing of it."""
