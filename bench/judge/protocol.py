"""What makes two accuracies comparable, and what separates a measured one from a printed one."""

import re
from collections.abc import Mapping

from bench.catalog.schema import Cell

UNSTATED = "not stated"
REQUIRED = ("split", "boxes", "input_size", "flip_test")
_SIZE = re.compile(r"(\d{2,4})\s*[×xX*]\s*(\d{2,4})")


def sizes_of(text: str) -> tuple[int, int] | None:
    """'256×192' -> (192, 256), smaller side first: papers print height x width, MMPose width x height."""
    found = _SIZE.search(text)
    return (min(pair), max(pair)) if found and (pair := (int(found[1]), int(found[2]))) else None


def protocol_of(cell: Cell) -> dict[str, str]:
    """What the paper fixes for this cell: table, then row, then a printed input size."""
    fixed = {"split": cell.table.split, **cell.table.protocol, **cell.row.protocol}
    for column, text in zip(cell.table.columns, cell.row.cells, strict=True):
        if (
            column.metric is None
            and "input" in f"{column.key} {column.label}".lower()
            and sizes_of(text)
        ):
            fixed["input_size"] = text
    return fixed


def differences(printed: Mapping[str, str], measured: Mapping[str, str]) -> tuple[str, ...]:
    """What separates two protocols, in words. A key that only one of them states separates if REQUIRED."""
    found = []
    for key, wanted in printed.items():
        if wanted == UNSTATED:
            continue
        name = key.replace("_", " ")
        if key not in measured:
            if key in REQUIRED:
                found.append(f"{name}: {wanted} printed, the result does not say")
        elif not _same(key, wanted, measured[key]):
            found.append(f"{name}: {wanted} printed, {measured[key]} measured")
    if subset := measured.get("subset"):
        found.append(f"measured on a subset: {subset}")
    if "synthetic" in measured.get("data", ""):
        found.append("measured on synthetic data")
    return tuple(found)


def _same(key: str, one: str, two: str) -> bool:
    if key == "input_size" and sizes_of(one) and sizes_of(two):
        return sizes_of(one) == sizes_of(two)
    return one.strip().lower() == two.strip().lower()


def unstated(printed: Mapping[str, str], measured: Mapping[str, str]) -> str:
    """What the paper leaves open and the measurement had to choose; empty if nothing."""
    chosen = [
        f"{k.replace('_', ' ')} {measured[k]}"
        for k, v in printed.items()
        if v == UNSTATED and k in measured
    ]
    return f"not stated by the paper, measured with {', '.join(chosen)}" if chosen else ""
