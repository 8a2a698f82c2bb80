"""Which measured results the leaderboard ranks together."""

import pytest

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
