"""Processes that share one training, as torchrun starts them: copies of this one, which has imported all."""

import multiprocessing
import os
import socket
import warnings
from collections.abc import Callable
from typing import Any

import torch

SECONDS = 300


def together(number: int, work: Callable[..., None], *arguments: Any) -> None:
    """Run `work(rank, *arguments)` in `number` processes with torchrun's environment; all have to end well."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    copies = multiprocessing.get_context("fork")
    every = [
        copies.Process(target=_one, args=(rank, number, port, work, arguments))
        for rank in range(number)
    ]
    try:
        for one in every:
            one.start()
        for one in every:
            one.join(SECONDS)
        assert [one.exitcode for one in every] == [0] * number
    finally:
        for one in every:
            one.kill()


def _one(rank: int, number: int, port: int, work: Callable[..., None], arguments: tuple) -> None:
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(number)}
    os.environ |= dict.fromkeys(("RANK", "LOCAL_RANK"), str(rank))
    warnings.resetwarnings()  # errors in tests only
    torch.set_num_threads(1)  # a copied process has no other threads
    work(rank, *arguments)
