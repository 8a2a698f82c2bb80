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
    return Runner(model=model, experiment_name=name, **given)
