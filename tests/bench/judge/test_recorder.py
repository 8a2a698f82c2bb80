"""The date of what is recorded, which builds that have to repeat to the byte can set."""

from datetime import UTC, datetime

import pytest

from bench.errors import DataError
from bench.judge import recorder
from bench.judge.recorder import Stamp


def test_the_date_can_be_set_for_builds_that_are_repeated(monkeypatch):
    monkeypatch.setattr(recorder, "commit", lambda: ("d" * 40, True))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert Stamp.now() == Stamp(datetime(1970, 1, 2, tzinfo=UTC), "d" * 40, True)
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert Stamp.now().date.year > 2020


@pytest.mark.parametrize("epoch", ["tomorrow", "²", "9" * 12, "9" * 17, "9" * 5000])
def test_what_is_no_date_is_named(monkeypatch, epoch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    with pytest.raises(DataError, match=r"SOURCE_DATE_EPOCH is .* give seconds since 1970"):
        Stamp.now()
