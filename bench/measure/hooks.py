"""What the harness adds to mmengine: the loss curve, a progress bar, and predictions of single people (MPII)."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import all_reduce, is_main_process, master_only
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook
from mmengine.registry import HOOKS, METRICS
from tqdm import tqdm

from bench.errors import TrainingFailed
from bench.measure.work_dir import curve


@HOOKS.register_module(force=True)
class LossCurve(Hook):  # type: ignore[misc]
    """Appends [iteration, loss] to `file` every `every` iterations; a resumed run continues the file.

    The loss is that of the whole batch: the mean over the processes.
    """

    def __init__(self, *, file: str, every: int) -> None:
        self.file = Path(file)
        self.every = every

    @master_only  # type: ignore[untyped-decorator]
    def before_train(self, runner: Any) -> None:
        """Drop entries after the iteration that training resumes from."""
        kept = [entry for entry in curve(self.file) if entry[0] <= runner.iter]
        self.file.write_text("".join(f"{json.dumps(entry)}\n" for entry in kept))

    def after_train_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        if not self.every_n_train_iters(runner, self.every):
            return
        loss: torch.Tensor = outputs["loss"].detach().clone()
        all_reduce(loss, op="mean")
        if is_main_process():
            with self.file.open("a") as stream:
                stream.write(f"{json.dumps([runner.iter + 1, round(float(loss), 6)])}\n")


@HOOKS.register_module(force=True)
class FiniteLoss(Hook):  # type: ignore[misc]
    """Ends a training whose loss is not a number, before a checkpoint of it is written.

    The step is noted where the network is, and looked at every `every` iterations: a GPU need not wait at each.
    """

    def __init__(self, *, every: int) -> None:
        self.every = every
        self.names: list[str] = []
        self.first: torch.Tensor | None = None

    def after_train_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        self.names = [name for name in outputs if "loss" in name]
        device = outputs["loss"].device
        parts = [torch.as_tensor(outputs[n], device=device).detach() for n in self.names]
        values = torch.stack([part.float().reshape(()) for part in parts])
        never = torch.full_like(values, torch.inf)
        first = torch.where(torch.isfinite(values), never, never.new_tensor(runner.iter + 1))
        self.first = first if self.first is None else torch.minimum(self.first, first)
        if self.every_n_train_iters(runner, self.every):
            self.check(runner)

    def after_train_epoch(self, runner: Any) -> None:
        self.check(runner)

    def check(self, runner: Any) -> None:
        """Raises `TrainingFailed` that names the step, what was not finite in it, and the likely cause."""
        if self.first is None or not torch.isfinite(self.first).any():
            return
        step = int(self.first.min())
        named = [n for n, at in zip(self.names, self.first.tolist(), strict=True) if at == step]
        raise TrainingFailed(
            f"the loss is not a number at step {step} ({', '.join(named)}): {_likely(runner, step)}"
        )


def _likely(runner: Any, step: int) -> str:
    """The likely cause of a loss that is not a number."""
    wrapper = runner.optim_wrapper
    if step == 1:
        return (
            "it was so before anything was learned, so the start weights or the annotations hold values that are not "
            "numbers; check them with `repropose prepare`"
        )
    rate = max(group["lr"] for group in wrapper.param_groups)
    half = getattr(wrapper, "cast_dtype", None) or getattr(wrapper, "dtype", None)
    clipped = "" if getattr(wrapper, "clip_grad_kwargs", None) else ", gradients are not clipped"
    precise = "" if half is None and "Amp" not in type(wrapper).__name__ else ", in half precision"
    return f"the learning rate ({rate:.2g}) is likely too high{precise}{clipped}"


@HOOKS.register_module(force=True)
class ProgressBar(Hook):  # type: ignore[misc]
    """Iterations done, time left and the loss, on standard error."""

    @master_only  # type: ignore[untyped-decorator]
    def before_train(self, runner: Any) -> None:
        self.bar = tqdm(
            total=runner.max_iters,
            initial=runner.iter,
            desc="training",
            unit="step",
            mininterval=2.0,
        )

    @master_only  # type: ignore[untyped-decorator]
    def after_train_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        self.bar.set_postfix_str(f"loss {float(outputs['loss'].detach()):.4g}", refresh=False)
        self.bar.update()

    @master_only  # type: ignore[untyped-decorator]
    def after_train(self, runner: Any) -> None:
        self.bar.close()


@METRICS.register_module(force=True)
class PersonKeypoints(BaseMetric):  # type: ignore[misc]
    """Writes one entry per person to `file`: position in the annotations, keypoints, score."""

    default_prefix = "people"

    def __init__(self, *, file: str) -> None:
        super().__init__()
        self.file = Path(file)

    def process(self, data_batch: Any, data_samples: Sequence[dict[str, Any]]) -> None:
        for sample in data_samples:
            found = sample["pred_instances"]
            points, scores = found["keypoints"][0], found["keypoint_scores"][0]
            flat = [float(v) for (x, y), s in zip(points, scores, strict=True) for v in (x, y, s)]
            entry = {"image_id": int(sample["id"]), "category_id": 1, "keypoints": flat}
            self.results.append({**entry, "score": float(scores.mean())})

    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, float]:
        ordered = sorted(results, key=lambda entry: entry["image_id"])
        self.file.write_text(json.dumps(ordered))
        return {"count": float(len(ordered))}
