"""Elements of a DICOM dataset as plain numbers."""

import math
from typing import Any


def frames_a_second(dataset: Any) -> float | None:
    """From the time of a frame, else of each, else the rate of the recording, else of the display."""
    if (milliseconds := number(dataset, "FrameTime")) is not None:
        return 1000 / milliseconds
    vector = [float(value) for value in many(dataset.get("FrameTimeVector"))][1:]  # the first is 0
    if vector and sum(vector) > 0:
        return 1000 * len(vector) / sum(vector)
    return number(dataset, "CineRate") or number(dataset, "RecommendedDisplayFrameRate")


def number(dataset: Any, name: str) -> float | None:
    """A positive number, the first where there are several; None where there is none."""
    values = many(dataset.get(name))
    return float(values[0]) if values and 0 < float(values[0]) < math.inf else None


def numbers(values: Any, count: int) -> tuple[float, ...] | None:
    """`count` finite numbers; None where there are not so many."""
    found = tuple(float(value) for value in many(values))
    return found if len(found) == count and all(math.isfinite(value) for value in found) else None


def many(value: Any) -> list[Any]:
    """The values of an element, whether it has none, one or several."""
    if value is None or value == "":
        return []
    return [value] if isinstance(value, str | int | float) else list(value)


def first_item(dataset: Any, name: str) -> Any:
    """The first item of a sequence; None where there is none."""
    sequence = dataset.get(name)
    return sequence[0] if sequence else None
