"""What makes two accuracies comparable, and how a measured protocol differs from a printed one."""

from collections.abc import Mapping

from bench.catalog.cells import sizes_of

UNSTATED = "not stated"
REQUIRED = ("split", "boxes", "input_size", "flip_test")


def differences(printed: Mapping[str, str], measured: Mapping[str, str]) -> tuple[str, ...]:
    """How two protocols differ, in words. A key that is not stated for the measurement differs if REQUIRED."""
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
    """What the paper does not state and the measurement had to choose; empty if nothing."""
    chosen = [
        f"{k.replace('_', ' ')} {measured[k]}"
        for k, v in printed.items()
        if v == UNSTATED and k in measured
    ]
    return f"not stated by the paper, measured with {', '.join(chosen)}" if chosen else ""
