"""What makes two accuracies comparable, and how a measured protocol differs from a printed one.

A comparison is exact if the measurement agrees with all that the paper states and nothing that matters is left
unstated; unknown if we had to choose something that matters; proxy if anything differs. Only an exact one can refute a
printed number.
"""

from collections.abc import Iterator, Mapping

from bench.catalog.cells import sizes_of

UNSTATED = "not stated"
#: What a protocol says of an accuracy. A result that does not state what the paper states is not comparable.
STATED = (
    *("split", "boxes", "input_size", "flip_test"),
    *("decoding", "trained_on", "scales", "models", "test_augmentation", "refinement"),
)
#: What always had to be chosen where the paper is silent. Silence about the others means the usual: the split's own
#: training set, one scale, one network.
CHOSEN = ("split", "boxes", "input_size", "flip_test")
HEATMAP_DECODING = ("dark", "quarter-shift")  # of one heatmap; regression leaves no choice


def differences(printed: Mapping[str, str], measured: Mapping[str, str]) -> tuple[str, ...]:
    """How two protocols differ, in words. A key that the paper states and the result does not differs, too."""
    found = []
    for key in STATED:
        wanted = printed.get(key, UNSTATED)
        if wanted == UNSTATED:
            continue
        name = key.replace("_", " ")
        if key not in measured:
            found.append(f"{name}: {wanted} printed, the result does not say")
        elif not same(key, wanted, measured[key]):
            found.append(f"{name}: {wanted} printed, {measured[key]} measured")
    if subset := measured.get("subset"):
        found.append(f"measured on a subset: {subset}")
    if "synthetic" in measured.get("data", ""):
        found.append("measured on synthetic data")
    return tuple(found)


def same(key: str, one: str, two: str) -> bool:
    """Whether `two` is what is printed; 'a or b' allows both."""
    if key == "input_size" and sizes_of(one) and sizes_of(two):
        return sizes_of(one) == sizes_of(two)
    return two.strip().lower() in (part.strip() for part in one.lower().split(" or "))


def unstated(printed: Mapping[str, str], measured: Mapping[str, str]) -> str:
    """What the paper does not state and the measurement had to choose; empty if nothing."""
    chosen = [f"{key.replace('_', ' ')} {measured[key]}" for key in _choices(printed, measured)]
    return f"not stated by the paper, measured with {', '.join(chosen)}" if chosen else ""


def _choices(printed: Mapping[str, str], measured: Mapping[str, str]) -> Iterator[str]:
    for key in STATED:
        if key not in measured or printed.get(key, UNSTATED) != UNSTATED:
            continue
        silent = key not in printed
        chosen = key in CHOSEN and (key, measured[key]) != ("boxes", "none")
        decoded = key == "decoding" and measured[key] in HEATMAP_DECODING
        if chosen or decoded or not silent:
            yield key
