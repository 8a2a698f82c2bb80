"""Which checkpoint the standard load path takes: our own, whole or in part, or the authors' under our names."""

from typing import Any

from torch import nn

from ..errors import WeightsMismatch, ZooError
from .weights import released_state


def own_or_released(model: nn.Module, state: dict[str, Any], prefix: str) -> None:
    """Replaces the authors' entries in `state` by ours, in place; `prefix` comes before each of ours.

    Raises `WeightsMismatch` where less than half of the head's entries fit by name and shape, since the rest would stay
    random.
    """
    given = {n.removeprefix(prefix): value for n, value in state.items() if n.startswith(prefix)}
    head = {n: value.shape for n, value in model.state_dict().items() if n.startswith("head.")}
    fitting = [n for n, shape in head.items() if getattr(given.get(n), "shape", None) == shape]
    if 2 * len(fitting) >= len(head):
        return
    if named := [name for name in head if name in given]:
        raise WeightsMismatch(
            f"of the {len(head)} entries of this network's head the checkpoint has {len(named)}, {len(fitting)} of "
            "them with the right shape, and the rest would stay random: it is of another network. Build the network "
            "that it was made for; to train from a backbone alone, name its file in model.backbone.init_cfg"
        )
    try:
        own = released_state(model, given)
    except ZooError as error:
        raise WeightsMismatch(
            f"none of the {len(given)} entries ({', '.join([*given][:3])}) belongs to this network's head, which would "
            f"stay random: {str(error).rstrip('.')}. To train from a backbone alone, name its file in "
            "model.backbone.init_cfg"
        ) from None
    for name in given:
        del state[prefix + name]
    state.update({prefix + name: value for name, value in own.items()})
