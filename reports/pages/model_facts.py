"""What a model is made of, read from its config files: nothing is run, no MMPose is needed."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import yaml

from bench.catalog.config_values import config_values
from bench.catalog.load import Catalog
from bench.catalog.schema import Paper
from bench.paths import ROOT, config_files, config_rows
from bench.results.inputs import config_chain
from bench.results.public_counts import PublicCounts
from bench.results.records import CountResult

LEFT_OUT = (
    "init_cfg",
    "test_cfg",
    "train_cfg",
    "data_preprocessor",
    "decoder",
    "_scope_",
    "_delete_",
)
PARTS = ("backbone", "neck", "head")
LONGEST = 90
#: Why a public counter's total differs from the exact count on networks of this kind (docs/counters.md).
WHY = {
    "torch": "counts fused attention as 0 on the CPU, unless it has dropout; counts it in full on the meta device",
    "fvcore": "counts fused attention as 0, norms as 1 to 5 an element",
    "mmengine": "fvcore's code, which MMPose's get_flops.py calls: fused attention 0, norms 1 to 5 an element",
    "thop": "looks at modules: no attention products, nothing of nn.MultiheadAttention, transposed convolutions at "
    "their outputs, none of MMCV's own layer classes, also in its parameters",
    "ptflops": "counts activations, norms and biases as well, activations twice; none of MMCV's own layer classes",
    "torchinfo": "counts a linear layer once an image and not once a token, no attention, transposed convolutions at "
    "their outputs",
    "torchprofile": "counts norms as well, transposed convolutions at their outputs",
    "calflops": "counts fused attention and the operator @ as 0; its FLOPs hold norms and activations, too",
    "mmcv": "looks at modules: no attention products, nothing of nn.MultiheadAttention; norms and activations as well",
}


def facts(model: str) -> list[tuple[str, str]]:
    """(part, what it is) of a zoo model at the paper's size: ('head', 'TransPoseHead: dim 256, heads 8')."""
    if model not in config_files():
        return []
    config = config_values(model)
    model_cfg = config.get("model", {})
    found = [
        (name.replace("_", " "), _words(model_cfg[name]))
        for name in dict.fromkeys([*PARTS, *model_cfg])
        if isinstance(model_cfg.get(name), dict) and name not in LEFT_OUT
    ]
    codec = config.get("codec")
    if isinstance(codec, dict):
        found.append(("keypoint codec", _words(codec)))
    return [*found, *_batch(config.get("train_dataloader", {}))]


def _batch(loader: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The images of a training step over all processes, and those that go through the network together."""
    total, group = loader.get("total_batch_size"), loader.get("group_size")
    if not total:
        return []
    together = f", {group} at a time" if group and group < total else ""
    return [("batch", f"{total} images a step over all processes{together}")]


class CounterRow(NamedTuple):
    """A public counter on a model: multiply-accumulates in G (None if it failed), difference in %, parameters."""

    name: str
    setting: str
    macs: float | None
    difference: float | None
    parameters: int | None
    why: str


def counters(public: PublicCounts | None, count: CountResult | None) -> list[CounterRow]:
    """What readers' own counters show of a model, and why; empty if they counted another network than `count`."""
    if public is None or count is None or not public.about(count):
        return []
    return [
        CounterRow(
            name=one.name,
            setting=one.setting,
            macs=None if one.macs is None else one.macs / 1e9,
            difference=None if one.macs is None else 100.0 * (one.macs / count.macs - 1.0),
            parameters=one.parameters,
            why=one.failed or WHY.get(one.counter, ""),
        )
        for one in public.counts
    ]


def owner(model: str, catalog: Catalog) -> Paper | None:
    """The paper that proposes the model's network; None for a baseline."""
    known = config_files()
    return catalog.papers.get(known[model].parent.name) if model in known else None


def files(model: str) -> list[tuple[str, str]]:
    """(name, text) of what decides the model: its row and its bases' rows, then config files.

    A row's name is that of its file with `: <model>`, its text the base and the entries that differ.
    """
    if model not in config_files():
        return []
    if model in config_rows():
        file, row = config_rows()[model]
        text = yaml.safe_dump({model: row}, sort_keys=False, allow_unicode=True)
        return [(f"{file.relative_to(ROOT).as_posix()}: {model}", text), *files(row["base"])]
    return [
        (path.relative_to(ROOT).as_posix(), path.read_text("utf-8")) for path in config_chain(model)
    ]


def _words(part: Mapping[str, Any]) -> str:
    """'ResNetS: depth 50, stage blocks 3 4' of a part's plain entries."""
    said = []
    for key, value in part.items():
        if key == "type" or key in LEFT_OUT:
            continue
        text = _value(value, " × " if key.endswith("size") else " ")
        if text and len(text) <= LONGEST:
            said.append(f"{key.replace('_', ' ')} {text}")
    return ": ".join(filter(None, (str(part.get("type", "")), ", ".join(said)))) or "as inherited"


def _value(value: Any, between: str = " ") -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):  # a component by its type, a group of plain entries by these
        return str(value["type"]) if "type" in value else f"({_words(value)})" if value else ""
    if isinstance(value, list | tuple):
        return between.join(_value(one) for one in value)
    return "" if value is None else str(value)
