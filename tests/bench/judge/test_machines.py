"""Which names are one machine."""

import pytest

from bench.judge.machines import same_machine


@pytest.mark.parametrize(
    ("printed", "timed", "same"),
    [
        ("RTX 2080 Ti", "NVIDIA GeForce RTX 2080 Ti", True),
        ("2080Ti", "NVIDIA GeForce RTX 2080 Ti", True),
        ("Tesla V100", "Tesla V100-SXM2-32GB", True),
        ("tesla t4", "Tesla T4", True),
        ("RTX 2080", "NVIDIA GeForce RTX 2080 Ti", False),
        ("RTX 2080", "NVIDIA GeForce RTX 2080 SUPER", False),
        ("RTX 3080", "NVIDIA GeForce RTX 3080 Laptop GPU", False),
        ("V100", "Tesla V100S-PCIE-32GB", False),
        ("A100", "NVIDIA A1000", False),
        ("Tesla T4", "Tesla T40", False),
        ("RTX 2080 Ti", "NVIDIA GeForce RTX 2080", False),
        ("", "Tesla T4", False),
        (None, "Tesla T4", False),
    ],
)
def test_a_name_that_begins_another_is_another_machine(printed, timed, same) -> None:
    assert same_machine(printed, timed) is same
