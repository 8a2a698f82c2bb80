"""mmengine's Runner around a model that is already built."""

from collections.abc import Mapping
from typing import Any

PASSED = (
    "work_dir",
    "train_dataloader",
    "val_dataloader",
    "test_dataloader",
    "train_cfg",
    "val_cfg",
    "test_cfg",
    "auto_scale_lr",
    "optim_wrapper",
    "param_scheduler",
    "val_evaluator",
    "test_evaluator",
    "default_hooks",
    "custom_hooks",
    "resume",
    "launcher",
    "env_cfg",
    "log_processor",
    "log_level",
    "default_scope",
    "randomness",
)


def build(cfg: Any) -> Any:
    """The model of a config, with the components of the zoo and of stock MMPose."""
    import model_zoo

    model_zoo.register()
    from mmengine.registry import init_default_scope
    from mmpose.registry import MODELS

    init_default_scope("mmpose")
    return MODELS.build(cfg.model)


def runner(model: Any, settings: Mapping[str, Any]) -> Any:
    """A Runner for `model` with the entries of an mmengine config; entries that are None are left out.

    The config itself is not handed over: the Runner would print all of it.
    """
    from mmengine.registry import DefaultScope
    from mmengine.runner import Runner

    import bench.measure.hooks  # noqa: F401  (registers what configs may name)

    name = str(settings["work_dir"]).replace("/", "-") + f"-{len(DefaultScope._instance_dict)}"
    given = {key: settings[key] for key in PASSED if settings.get(key) is not None}
    if settings.get("launcher") == "pytorch":
        given["cfg"] = {"model_wrapper_cfg": _shared(settings)}
    return Runner(model=model, experiment_name=name, **given)


def _shared(settings: Mapping[str, Any]) -> dict[str, Any]:
    """How the processes of torchrun share a model: each on its GPU, or all on the CPU (through gloo)."""
    import torch

    wrapper = {
        "type": "MMDistributedDataParallel",
        "broadcast_buffers": False,
        "find_unused_parameters": bool(settings.get("find_unused_parameters")),
    }
    if torch.cuda.is_available():
        return wrapper
    if not torch.distributed.is_initialized():
        torch.distributed.init_process_group("gloo")
    return {**wrapper, "device_ids": None}
