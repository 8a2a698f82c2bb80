"""What can go wrong in the zoo.

ZooError(ValueError)        something a user can fix
├── UnknownModel            no config or tier of that name
├── InvalidRow              an entry of an ablations.yaml is wrong
└── WeightsMismatch         a checkpoint is unreadable, unsafe, or of another model
MissingPackage(ImportError) a stand-in for a compiled piece was used; says what to install
"""


class ZooError(ValueError):
    """Base of the zoo's own errors; each message is one line that says what to do."""


class UnknownModel(ZooError):
    """No model or tier has this name; the message lists the nearest names."""


class InvalidRow(ZooError):
    """An entry of an `ablations.yaml` is wrong; the message names file and entry."""


class WeightsMismatch(ZooError):
    """A checkpoint is unreadable, unsafe, or belongs to another model."""


class MissingPackage(ImportError):
    """A compiled piece that is not installed was used."""
