"""Which measured results the leaderboard ranks together."""

import pytest

from reports.views.boards import Line
from reports.views.leaderboard import _ranked_by
from tests import factories


@pytest.mark.parametrize(
    ("other", "together"),
    [
        ({"batch": "20 images"}, True),
        ({"batch": "56 images, 14 at a time"}, True),
        ({"flip_test": "no"}, False),
    ],
)
def test_networks_of_other_batches_are_ranked_together(other, together):
    """The batch is part of a network's recipe, not of how it is evaluated."""
    one = factories.trained("a", 0, 50.0)
    two = one.model_copy(update={"protocol": {**one.protocol, **other}})
    assert (_ranked_by(one) == _ranked_by(two)) == together


def test_what_one_printing_states_is_not_said_of_the_others() -> None:
    """Of two tables that print a method, one says single scale and the other several: each has its own chip."""
    single, several = {"boxes": "none", "scales": "single"}, {"boxes": "none", "augmentation": "x"}
    line = Line("AE", None, "baseline", "", single | several)
    line.stated = {"tfpose-6": single, "querypose-5": several}
    line.mark({})
    assert line.chips == ["no boxes"]
    assert line.chips_of == {"tfpose-6": ["scales single"], "querypose-5": ["augmentation x"]}
