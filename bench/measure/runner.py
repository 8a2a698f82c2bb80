"""mmengine's Runner around a model that is already built."""

from collections.abc import Mapping
from inspect import signature
from pathlib import Path
from typing import Any

from bench.errors import DataError
from bench.measure import work_dir

# Arguments of the Runner that it does not take from a config here.
_OWN = {"model", "experiment_name", "cfg", "data_preprocessor", "load_from", "visualizer"}


def build(cfg: Any, weights: Path | None = None) -> Any:
    """The model of a config, with the components of the zoo and of stock MMPose, and weights stored by `work_dir`.

    Raises `work_dir.DamagedWork` for weights of another model.
    """
    import model_zoo

    model_zoo.register()
    from mmengine.registry import init_default_scope
    from mmpose.registry import MODELS

    from model_zoo.errors import WeightsMismatch

    init_default_scope("mmpose")
    model = MODELS.build(cfg.model)
    if weights:
        given = work_dir.weights(weights)
        try:
            model.load_state_dict(given)
        except (RuntimeError, AttributeError, TypeError, WeightsMismatch) as error:
            why = " ".join(str(error).split())[:160]
            raise work_dir.DamagedWork(
                f"{weights} holds weights of another model ({why}...); delete it and run the command again"
            ) from None
    return model


def set_threads(cfg: Any) -> None:
    """The config's number of threads, whatever OMP_NUM_THREADS says: on it the last bits of a training depend."""
    import torch

    torch.set_num_threads(cfg.threads)


def load_start(model: Any, path: Path) -> None:
    """Copy every weight of the start run that has the same shape here; what differs (a final layer
    for other keypoints, position embeddings of another size) keeps its fresh initialisation."""
    given = work_dir.weights(path)
    own = model.state_dict()
    fitting = {k: v for k, v in given.items() if k in own and own[k].shape == v.shape}
    if not fitting:
        raise DataError(
            f"{path} has no weights in common with this model; is `start` the right run?"
        )
    model.load_state_dict(fitting, strict=False)


def runner(model: Any, settings: Mapping[str, Any]) -> Any:
    """A Runner for `model` with the entries of an mmengine config; entries that are None are left out.

    The config itself is not handed over: the Runner would print all of it.
    """
    from mmengine.registry import DefaultScope

    import bench.measure.hooks  # noqa: F401  (registers what configs may name)

    name = str(settings["work_dir"]).replace("/", "-") + f"-{len(DefaultScope._instance_dict)}"
    from mmengine.runner import Runner

    taken = signature(Runner).parameters.keys() - _OWN
    given = {key: settings[key] for key in taken if settings.get(key) is not None}
    if settings.get("launcher") == "pytorch":
        given["cfg"] = {"model_wrapper_cfg": _shared(settings)}
    return _quiet(str(settings.get("log_level")))(model=model, experiment_name=name, **given)


def _quiet(level: str) -> Any:
    """MMEngine's Runner without what it prepares for drawing, which nothing here uses.

    Where its log shows warnings only, it does not ask compilers and packages for their versions either (a second for
    each Runner: results name the environment themselves).
    """
    import torch
    from mmengine.runner import Runner
    from mmengine.utils import ManagerMixin
    from mmengine.visualization import Visualizer

    class NoDrawing(Visualizer):  # type: ignore[misc]
        def __init__(self, name: str) -> None:
            ManagerMixin.__init__(self, name)
            self._vis_backends: dict[str, Any] = {}
            self.dataset_meta = None

    class QuietRunner(Runner):  # type: ignore[misc]
        def build_visualizer(self, visualizer: Any = None) -> Any:
            return NoDrawing.get_instance(self._experiment_name)

        def set_randomness(self, *given: Any, **named: Any) -> None:
            """As MMEngine, but new memory is not filled with NaN, which shows what reads memory that nothing wrote."""
            super().set_randomness(*given, **named)
            torch.utils.deterministic.fill_uninitialized_memory = False

        def build_optim_wrapper(self, optim_wrapper: Any) -> Any:
            wrapper = super().build_optim_wrapper(optim_wrapper)
            _join_groups(wrapper.optimizer)
            return wrapper

        def _log_env(self, env_cfg: Any) -> None:
            if level != "WARNING":
                super()._log_env(env_cfg)

    if level != "WARNING":
        from model_zoo.compat import import_torchvision

        import_torchvision()  # MMEngine imports it for its version
    return QuietRunner


def _join_groups(optimizer: Any) -> None:
    """Groups of parameters that follow each other and have the same settings become one.

    MMEngine makes a group of each parameter where a config has `paramwise_cfg`: equal updates, each in its own call.
    """
    joined: list[dict[str, Any]] = []
    for group in optimizer.param_groups:
        last = joined[-1] if joined else {}
        if {**last, "params": None} == {**group, "params": None}:
            last["params"] += group["params"]
        else:
            joined.append(group)
    optimizer.param_groups[:] = joined


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
