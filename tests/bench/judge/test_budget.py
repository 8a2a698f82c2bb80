"""What fits into so many hours."""

from bench.judge.budget import chosen

HOURS = {"a": 1.0, "b": 2.0, "c": 3.0, "free": 0.0, "unknown": None}


def test_what_settles_most_per_hour_comes_first_and_fits() -> None:
    needs = [{"a", "b"}, {"a", "b"}, {"c"}, {"free"}, {"unknown"}, {"a", "elsewhere"}]
    assert chosen(HOURS, needs, 10.0) == ["free", "a", "b", "c"]
    assert chosen(HOURS, needs, 3.5) == ["free", "a", "b"]
    assert chosen(HOURS, needs, 0.5) == ["free"]
    assert chosen(HOURS, [], 10.0) == []


def test_of_equals_the_cheaper_comes_first() -> None:
    assert chosen(HOURS, [{"c"}, {"c"}, {"c"}, {"a"}], 10.0) == ["a", "c"]
