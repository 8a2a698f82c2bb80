"""What a network shows of itself: `figures/<family>.py` mirrors `<family>/`, which knows nothing of it."""
