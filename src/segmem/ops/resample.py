"""Stacks of slices at another spacing: images averaged where they shrink, labels by the share of each class."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

import torch
from einops import rearrange
from torch import Tensor
from torch.nn import functional as F

from segmem.core import Prediction
from segmem.ops.fit import resize

Size = tuple[int, int, int]


def resample_image(scan: Tensor, size: Size) -> Tensor:
    """(T, C, H, W) to (T', C, H', W') float32: linear, and averaged over what a new voxel covers where it grows.

    Values that are no numbers become the least finite one, as no kernel may spread them.
    """
    if (scan.shape[0], *scan.shape[2:]) == size:
        return scan
    finite = torch.isfinite(scan)
    if not bool(finite.all()):
        least = float(scan[finite].min()) if bool(finite.any()) else 0.0
        scan = torch.where(finite, scan, scan.new_tensor(least))
    rows, columns = size[1:]
    shrinks = rows < scan.shape[-2] or columns < scan.shape[-1]
    flat = F.interpolate(
        scan.float(), (rows, columns), mode="bilinear", align_corners=False, antialias=shrinks
    )
    return _along(flat, size[0])


def resample_labels(labels: Tensor, size: Size) -> Tensor:
    """Label maps (T, H, W) uint8 to (T', H', W'): the class with the largest share of each new voxel.

    The share is the class's mask resampled as an image is. The nearest voxel alone would leave steps in outlines
    where voxels get smaller, and keep or lose thin parts by chance where they grow.
    """
    if tuple(labels.shape) == size:
        return labels
    best = torch.zeros(size)
    out = labels.new_zeros(size)
    for value in torch.unique(labels).tolist():
        share = resample_image((labels == value).float()[:, None], size)[:, 0]
        more = share > best
        best[more], out[more] = share[more], value
    return out


def resample_predictions(
    predictions: Iterable[Prediction], count: int, size: tuple[int, int], into: int
) -> Iterator[Prediction]:
    """Predictions of `count` slices in order, as those of `into` slices of `size` (H, W); logits go linearly.

    At most two are held at a time.
    """
    coming = iter(predictions)
    at = [min(max((index + 0.5) * count / into - 0.5, 0.0), count - 1.0) for index in range(into)]
    held: dict[int, Prediction] = {}
    taken = 0
    for where in at:
        low = math.floor(where)
        high = min(low + 1, count - 1) if where > low else low
        while taken <= high:
            one = next(coming)
            held[taken] = replace(one, logits=resize(one.logits.float(), size, "logits"))
            taken += 1
        held = {index: one for index, one in held.items() if index >= low}
        yield _between(held[low], held[high], where - low)
    for _ in coming:  # what the last slice does not need is looked at all the same
        pass


def _between(one: Prediction, other: Prediction, part: float) -> Prediction:
    if part == 0:
        return one
    score = torch.lerp(one.score.float(), other.score.float(), part)
    return replace(one, logits=torch.lerp(one.logits, other.logits, part), score=score)


def _along(scan: Tensor, count: int) -> Tensor:
    """(T, C, H, W) to `count` slices."""
    length, channels, height, _ = scan.shape
    if length == count:
        return scan
    flat = rearrange(scan, "t c h w -> 1 1 t (c h w)")
    out = F.interpolate(
        flat, (count, flat.shape[-1]), mode="bilinear", align_corners=False, antialias=count < length
    )
    return rearrange(out, "1 1 t (c h w) -> t c h w", c=channels, h=height)
