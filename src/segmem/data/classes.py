"""From the numbers in a label file to the classes of a model."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from segmem.core.errors import InputError, SettingsError

UNKNOWN = 255


def class_table(label_map: Mapping[int, int], classes: int) -> Tensor:
    """(256,) uint8: the class of each label value, `UNKNOWN` where it has none.

    Args:
        label_map: old value to class; values not named keep their own number.
        classes: how many there are, background included.

    Raises:
        SettingsError: the map names a value outside 0..255 or a class that does not exist.
    """
    table = torch.arange(256)
    for old, new in label_map.items():
        if not 0 <= old <= 255 or not 0 <= new < classes:
            raise SettingsError(
                f"label_map {old}: {new} is not possible. Old values are 0..255, new ones 0..{classes - 1}."
            )
        table[old] = new
    table[table >= classes] = UNKNOWN
    return table.to(torch.uint8)


def to_classes(label: Tensor, table: Tensor, classes: Sequence[str], where: str) -> Tensor:
    """(H, W) label values to (H, W) uint8 classes.

    Raises:
        InputError: a value is no class.
    """
    mapped = table[label.long()]
    strange = label[mapped == UNKNOWN]
    if strange.numel():
        value = int(strange[0])
        named = ", ".join(f"{index} {name}" for index, name in enumerate(classes))
        raise InputError(
            f"{where}: {int((strange == value).sum())} pixels have the label {value}, which is no class"
            f" ({named}). Say what it means with --label-map {value}=1, or label_map: {{{value}: 1}} in a preset's"
            " source."
        )
    return mapped
