"""How a training is shared and seeded: groups of a batch, the order of samples, their augmentations, the loop."""
