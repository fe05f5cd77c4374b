"""A mask whose foreground is 255, written with 1 in its place."""

from pathlib import Path

import torch

from segmem.io.masks import read_mask, write_mask


def mend(source: Path, target: Path) -> list[str]:
    """Write the copy as an indexed PNG; what was changed.

    Raises:
        FormatError: it is no mask.
    """
    labels = read_mask(source)
    write_mask(target, torch.where(labels == 255, 1, labels.to(torch.int64)).to(torch.uint8))
    return [f"255 became 1 ({int((labels == 255).sum())} pixels), as --label-map 255=1 does"]
