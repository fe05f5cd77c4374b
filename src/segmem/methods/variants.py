"""A variant is a set of values; what a person gives beside its name goes over them."""

from collections.abc import Mapping
from typing import Any

Tree = Mapping[str, Any]


def of_variant(given: Any, variants: Mapping[str, Tree], default: str) -> Any:
    """What was given, over the values of the variant that it names; anything but a mapping as it is."""
    if not isinstance(given, Mapping):
        return given
    return filled(given, variants.get(str(given.get("variant", default)), {}))


def filled(given: Tree, chosen: Tree) -> dict[str, Any]:
    """`chosen`, changed by what is given, part by part."""
    out = {**chosen, **given}
    for name, value in chosen.items():
        if isinstance(value, Mapping) and isinstance(given.get(name), Mapping):
            out[name] = filled(given[name], value)
    return out
