"""Why a training broke, in one line: memory and what batch would fit, a disk that cannot be written."""

import errno
import gc
import re
import tempfile
from collections.abc import Iterator
from typing import Any

from bench.errors import EnvironmentProblem, ReproPoseError, TrainingFailed
from bench.measure.run_config import shared, training_settings
from bench.measure.runner import build, runner

_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)
_NOT_WRITTEN = ("PytorchStreamWriter", "inline_container", "unexpected pos")  # of torch.save
_NO_MEMORY = ("out of memory", "DefaultCPUAllocator", "can't allocate memory", "OutOfMemoryError")
_KILLED = re.compile(r"DataLoader worker .*(killed by signal|exited unexpectedly)")


def disk_problem(error: BaseException, work: Any) -> EnvironmentProblem | None:
    """What cannot be written, if that broke the training; it goes on after the next start."""
    if isinstance(error, OSError) and error.errno in _DISK:
        where, why = error.filename or work, error.strerror
    elif isinstance(error, RuntimeError) and any(sign in str(error) for sign in _NOT_WRITTEN):
        where, why = work, "a checkpoint is incomplete: the disk is full, or has an error"
    else:
        return None
    return EnvironmentProblem(
        f"{where}: cannot be written: {why}; free some space or allow access, then run it again: the training resumes "
        "from its last checkpoint"
    )


def lacks_memory(error: BaseException) -> bool:
    """Whether PyTorch, NumPy, OpenCV or the system had no memory left, on a GPU or not."""
    if isinstance(error, ReproPoseError):
        return False
    text = f"{type(error).__name__} {error}"
    return (
        isinstance(error, MemoryError)
        or any(sign.lower() in text.lower() for sign in _NO_MEMORY)
        or bool(_KILLED.search(text))
    )


def out_of_memory(cfg: Any, name: str, tier: str, reason: str) -> TrainingFailed:
    """What to do where memory did not suffice: the most images at a time of which one step was now seen to fit."""
    from bench.measure.work_dir import processes

    now = shared(cfg, processes())
    begin = f"out of memory with {now.group} images at a time ({reason[:120]})"
    if processes() > 1:
        return TrainingFailed(f"{begin}: give a smaller --micro-batch, or start more processes")
    for images in _smaller(now.total, now.group):
        if _fits(cfg, images):
            return TrainingFailed(
                f"{begin}; {images} at a time fit here: `repropose measure {name} --tier {tier} --micro-batch "
                f"{images}` (batch norm then sees {images}, and the result says so)"
            )
    return TrainingFailed(f"{begin}; no smaller batch fits: use a machine with more memory")


def _smaller(total: int, group: int) -> Iterator[int]:
    """Divisors of the batch, each at most half of the one before."""
    for images in range(group // 2, 0, -1):
        if total % images == 0 and images <= group // 2:
            yield images
            group = images


def _fits(cfg: Any, images: int) -> bool:
    """Whether one step of the training with so many images at a time has enough memory."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    tried = cfg.copy()
    tried.train_dataloader.group_size = images
    with tempfile.TemporaryDirectory() as folder:
        tried.work_dir = folder
        settings = training_settings(tried)
        settings = {k: v for k, v in settings.items() if not k.startswith(("val_", "param_sch"))}
        loop = {"type": settings["train_cfg"].get("type", "GroupedTrainLoop"), "max_iters": 1}
        hooks = {**(settings.get("default_hooks") or {}), "checkpoint": None}
        settings |= {"train_cfg": loop, "default_hooks": hooks, "custom_hooks": [], "resume": False}
        try:
            model = build(tried)
            model.init_weights()
            runner(model, settings).train()
        except Exception as error:
            if lacks_memory(error):
                return False
            raise
    return True
