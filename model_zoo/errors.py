"""What can go wrong in the zoo.

ZooError(ValueError)        something a user can mend
├── UnknownModel            no config of that name, or a tier nobody knows
└── WeightsMismatch         a checkpoint is unreadable, unsafe, or of another model
MissingPackage(ImportError) a stand-in for a compiled piece was used; says what to install
"""


class ZooError(ValueError):
    """Base of the zoo's own errors; each message is one line that says what to do."""


class UnknownModel(ZooError):
    """A model or tier nobody knows; the message lists the nearest names."""


class WeightsMismatch(ZooError):
    """A checkpoint is unreadable, unsafe, or belongs to another model."""


class MissingPackage(ImportError):
    """A compiled piece that is not installed was used."""
