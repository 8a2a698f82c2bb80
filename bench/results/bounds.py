"""What numbers in results may be. NaN passes here: the store refuses to write it, and JSON does not have it."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field


def _percent(value: float) -> float:
    if value < 0 or value > 100 + 1e-6:
        raise ValueError("is not between 0 and 100")
    return value


def _has_total(counts: dict[str, int]) -> dict[str, int]:
    if "total" not in counts:
        raise ValueError("has no total")
    return counts


def _losses(training: dict[str, Any]) -> dict[str, Any]:
    loss = training.get("loss", ())
    for point in loss if isinstance(loss, list | tuple) else [loss]:
        pair = isinstance(point, list | tuple) and len(point) == 2
        if not pair or any(type(one) not in (int, float) for one in point):
            raise ValueError(f"loss: {point!r:.60} is not [iteration, loss]")
    return training


Percent = Annotated[float, AfterValidator(_percent)]
Count = Annotated[int, Field(ge=0)]
Amount = Annotated[float, Field(ge=0.0)]
Parameters = Annotated[dict[str, Count], AfterValidator(_has_total)]
Training = Annotated[dict[str, Any], AfterValidator(_losses)]
