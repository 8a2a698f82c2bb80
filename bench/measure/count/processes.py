"""Runs public counters, each in a process of its own with a time limit: a failure is an answer, not an end.

The model is built once, on the meta device, and every process is a fork that has it; nothing is computed before.
"""

import collections
import multiprocessing
import os
import re
import sys
import warnings
from collections.abc import Collection, Iterable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bench.measure.count.counters import COUNTERS, INSTALL, WRAPPERS, Setting, installed
from bench.measure.count.rules import Shape
from bench.results.public_counts import ToolCount

LIMIT_S = 600.0


def count_publicly(
    model: Any,
    shape: Shape,
    counters: Iterable[str],
    *,
    limit_s: float = LIMIT_S,
    package: Path | None = None,
    without: Collection[tuple[str, str]] = (),
) -> Iterator[ToolCount]:
    """Every setting of every counter on a model of the meta device that takes a batch of one image.

    A setting that rewrites layers which the model does not have is left out; a counter that is not installed gives one
    line that says so. shape: [1, C, H, W]. package: folder with another version of the counter, found before the
    installed one. without: pairs of counter and setting to leave out.
    """
    for counter in counters:
        if package is None and installed(counter) is None:
            missing = f"not installed: {INSTALL}"
            yield ToolCount(counter=counter, version="none", setting="none", failed=missing)
            continue
        for setting in COUNTERS[counter].settings:
            skipped = (counter, setting.words) in without
            if setting.rewritten != "nothing":
                skipped = skipped or not rewritable(model)[setting.rewritten]
            if not skipped:
                yield _in_process(counter, model, shape, setting, limit_s, package)


def rewritable(model: Any) -> dict[str, bool]:
    """Whether a model has what each kind of rewriting (`Setting.rewritten`) replaces."""
    kinds = {type(module) for module in model.modules()}
    names = {(kind.__module__, kind.__name__) for kind in kinds}
    return {
        "layers": any(module == WRAPPERS for module, _ in names),
        "attention": any(name == "MultiheadAttention" for _, name in names),
    }


def _in_process(
    counter: str,
    model: Any,
    shape: Shape,
    setting: Setting,
    limit_s: float,
    package: Path | None,
) -> ToolCount:
    ours, theirs = multiprocessing.Pipe(duplex=False)
    context: Any = multiprocessing.get_context("fork")
    process = context.Process(
        target=_answer, args=(theirs, counter, model, shape, setting, package), daemon=True
    )
    process.start()
    theirs.close()
    try:
        found = ours.recv() if ours.poll(limit_s) else {"failed": f"no answer within {limit_s:g} s"}
    except EOFError:
        process.join()
        found = {"failed": f"its process ended with status {process.exitcode}"}
    process.kill()
    process.join()
    ours.close()
    version = found.pop("version", installed(counter) or "none")
    return ToolCount(
        counter=counter, version=version, setting=setting.words, per_mac=setting.per_mac, **found
    )


def _answer(
    pipe: Connection,
    counter: str,
    model: Any,
    shape: Shape,
    setting: Setting,
    package: Path | None,
) -> None:
    """In the new process: asks the counter, without its output, and sends the answer."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    warnings.simplefilter("ignore")
    if package:
        sys.path.insert(0, str(package))
        vars(collections)["Iterable"] = Iterable  # gone since Python 3.10; thop 0.0.31 asks for it
    found: dict[str, Any] = {"version": installed(counter)}
    try:
        import torch

        from bench.measure.count.adapters import ask

        torch.set_num_threads(1)  # a fork does not have the threads of its parent
        answer = ask(counter, model, shape, setting)
        found |= {"operations": answer.operations, "parameters": answer.parameters}
    except Exception as error:  # whatever a counter stumbles over is its answer
        first = re.sub(r"\s*\(/[^)]*\)", "", next(iter(str(error).splitlines()), ""))
        found["failed"] = f"{type(error).__name__}: {first[:200]}".rstrip(": ")
    pipe.send(found)
    pipe.close()
