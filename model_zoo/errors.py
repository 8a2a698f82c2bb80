"""What can go wrong in the zoo."""


class ZooError(ValueError):
    """Base of the errors that a user can fix; each message is one line that says what to do."""


class UnknownModel(ZooError):
    """No model or tier has this name; the message lists the nearest names."""


class InvalidRow(ZooError):
    """An entry of an `ablations.yaml` is wrong; the message names file and entry."""


class WeightsMismatch(ZooError):
    """A checkpoint is unreadable, unsafe, or belongs to another model."""


class MissingPackage(ImportError):
    """A stand-in for a compiled piece was used; the message says what to install."""
