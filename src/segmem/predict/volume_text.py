"""A volume as people write it, in cubic millimetres."""

import re

from segmem.core.errors import UsageError

_UNITS = {"ml": 1000.0, "cm3": 1000.0, "cc": 1000.0, "mm3": 1.0, "l": 1e6, "ul": 1.0, "µl": 1.0}


def as_mm3(text: str) -> float:
    """A volume such as `5ml`, `0.5 cm3` or `200mm3`, in cubic millimetres.

    Raises:
        UsageError: it is none.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([a-zµ]+)\^?(3?)\s*", text, re.IGNORECASE)
    unit = _UNITS.get(f"{found[2]}{found[3]}".lower()) if found else None
    if found is None or unit is None or float(found[1]) == 0:
        raise UsageError(f"--min-volume {text!r} is no volume. Write it as 5ml, 0.5cm3 or 200mm3.")
    return float(found[1]) * unit
