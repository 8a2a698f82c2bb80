"""The public counters of operations and parameters that `repropose count --with` runs: facts, nothing is imported.

A counter has its own unit and its own settings. `per_mac` is what it gives for one multiply-accumulate of a
convolution: 1 (it counts multiply-accumulates, whatever it calls them) or 2 (it counts operations).
"""

from importlib.metadata import PackageNotFoundError, version
from typing import Literal, NamedTuple

from bench.errors import UnknownName

#: The module of MMCV's own classes of convolutions and linear layers.
WRAPPERS = "mmcv.cnn.bricks.wrappers"
INSTALL = "pip install 'repropose[counters]'"


class Setting(NamedTuple):
    """How a counter is run. `words` are shown; `option` is the counter's own.

    device: a counter that looks at modules alone returns the same on the meta device, without computing anything.
    rewritten: what is replaced before, since counters of modules know some classes only. "layers": MMCV's subclasses
    of convolutions and linear layers, by the class of `torch.nn` that they extend; "attention": these, and every
    `nn.MultiheadAttention` by the same attention built of `nn.Linear` and `torch.matmul`.
    """

    words: str
    mode: Literal["eval", "train"] = "eval"
    grad: bool = True
    device: Literal["cpu", "meta"] = "meta"
    rewritten: Literal["nothing", "layers", "attention"] = "nothing"
    option: str = ""
    per_mac: Literal[1, 2] = 1


class Counter(NamedTuple):
    """A public counter: the package it is in, what its number means, and the settings in which it is run."""

    package: str
    unit: str
    settings: tuple[Setting, ...]


EVAL = Setting("eval mode")
ON_CPU = Setting("eval mode", device="cpu")
LAYERS = Setting("eval mode, torch.nn layers", rewritten="layers")
ATTENTION = Setting("eval mode, attention of nn.Linear", rewritten="attention")
MACS = "multiply-accumulates"

COUNTERS: dict[str, Counter] = {
    "torch": Counter(
        "torch",
        "operations, 2 per multiply-accumulate (torch.utils.flop_counter.FlopCounterMode)",
        (
            Setting("eval mode on the CPU", device="cpu", per_mac=2),
            Setting("eval mode under no_grad on the CPU", grad=False, device="cpu", per_mac=2),
            Setting("train mode on the CPU", mode="train", device="cpu", per_mac=2),
            Setting("eval mode on the meta device", per_mac=2),
        ),
    ),
    "fvcore": Counter("fvcore", f"{MACS}, called flops (FlopCountAnalysis)", (ON_CPU,)),
    "thop": Counter(
        "thop", f"{MACS} (profile; always eval mode and no_grad)", (EVAL, LAYERS, ATTENTION)
    ),
    "ptflops": Counter(
        "ptflops",
        f"{MACS} (get_model_complexity_info)",
        (
            Setting("backend pytorch", device="cpu", option="pytorch"),
            Setting(
                "backend pytorch, torch.nn layers",
                rewritten="layers",
                device="cpu",
                option="pytorch",
            ),
            Setting("backend aten", device="cpu", option="aten"),
        ),
    ),
    "torchinfo": Counter("torchinfo", f"{MACS}, called mult-adds (summary)", (EVAL,)),
    "torchprofile": Counter("torchprofile", f"{MACS} (profile_macs)", (ON_CPU,)),
    "calflops": Counter(
        "calflops",
        f"{MACS} or operations (calculate_flops)",
        (
            Setting("MACs", option="macs"),
            Setting("FLOPs", option="flops", per_mac=2),
        ),
    ),
    "mmengine": Counter(
        "mmengine",
        f"{MACS}, called flops (get_model_complexity_info, which MMPose 1.x's get_flops.py calls)",
        (ON_CPU,),
    ),
    "mmcv": Counter(
        "mmcv-lite",
        f"{MACS}, called flops (mmcv.cnn.get_model_complexity_info, which MMPose 0.x's get_flops.py called)",
        (EVAL, ATTENTION),
    ),
}


def chosen(names: str) -> list[str]:
    """'fvcore,thop' -> the counters, each once, in this order. Raises `UnknownName`."""
    wanted = list(dict.fromkeys(part.strip() for part in names.split(",") if part.strip()))
    for name in wanted or [names]:
        if name not in COUNTERS:
            raise UnknownName("counter", name, COUNTERS)
    return wanted


def installed(counter: str) -> str | None:
    """The version of a counter's package, without a build such as "+cpu"; None if it is not installed.

    mmcv's counter is in mmcv and mmcv-lite alike.
    """
    package = COUNTERS[counter].package
    for name in (package, package.removesuffix("-lite")):
        try:
            return version(name).partition("+")[0]
        except PackageNotFoundError:
            continue
    return None
