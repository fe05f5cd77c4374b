"""Connected pieces of each class of a scan, and which of them are kept."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

MOST = 255  # numbers that a byte holds beside 0
OfClass = tuple[int, tuple[slice, slice, slice], NDArray[np.int32], NDArray[np.intp], NDArray[np.intp]]


@dataclass(frozen=True, slots=True)
class Pieces:
    """Of one class, before anything was removed.

    Attributes:
        value: the class.
        sizes_mm3: of its pieces, the largest first.
        kept: how many of them, from the largest on.
    """

    value: int
    sizes_mm3: tuple[float, ...]
    kept: int


def keep_pieces(
    labels: Tensor, voxel_mm3: float, least_mm3: float = 0.0, only_largest: bool = False
) -> tuple[Tensor, tuple[Pieces, ...]]:
    """Label maps (T, H, W) uint8 without small pieces, which become background; and what there was of each class.

    Voxels of one class are of one piece where they touch, by a face, an edge or a corner (26 neighbours).

    Args:
        labels: of a scan; not changed.
        voxel_mm3: volume of a voxel.
        least_mm3: pieces below this are removed.
        only_largest: of each class, all pieces but the largest are removed; of equal ones the first stays.
    """
    found = labels.cpu().numpy().copy()
    each = []
    for value, box, pieces, voxels, order in _by_class(found):
        kept = int((voxels * voxel_mm3 >= least_mm3).sum())
        kept = min(kept, 1) if only_largest else kept
        found[box][np.isin(pieces, 1 + order[kept:])] = 0
        each.append(Pieces(value, _mm3(voxels[order], voxel_mm3), kept))
    return torch.from_numpy(found), tuple(each)


def number_pieces(labels: Tensor) -> tuple[Tensor, tuple[int, ...]]:
    """Label maps (T, H, W) uint8 of pieces in place of classes, 1 and on; and the class of each number.

    Classes come in their order, the pieces of each from the largest on. A byte holds 255 numbers: where there are
    more pieces, the smallest of all are left out.

    Args:
        labels: of a scan; not changed.
    """
    found = labels.cpu().numpy()
    every = list(_by_class(found))
    sizes = np.sort(np.concatenate([voxels for *_, voxels, _ in every] or [np.zeros(0, np.intp)]))[::-1]
    least = int(sizes[MOST - 1]) if len(sizes) > MOST else 0
    spare = MOST - int((sizes > least).sum())
    numbers, classes = np.zeros_like(found), list[int]()
    for value, box, pieces, voxels, order in every:
        for piece in order.tolist():
            if voxels[piece] <= least:
                spare -= 1
                if spare < 0:
                    continue
            classes.append(value)
            numbers[box][pieces == piece + 1] = len(classes)
    return torch.from_numpy(numbers), tuple(classes)


def _by_class(found: NDArray[np.uint8]) -> Iterator[OfClass]:
    """Each class that is there: its value, its box, its pieces in it from 1 on, their voxels, and these in order."""
    from scipy import ndimage

    around = np.ones((3, 3, 3), bool)
    for value, box in enumerate(ndimage.find_objects(found), start=1):
        if box is None:
            continue
        pieces, _ = ndimage.label(found[box] == value, around)
        voxels = np.bincount(pieces.ravel())[1:]
        yield value, box, pieces, voxels, np.argsort(-voxels, kind="stable")


def _mm3(voxels: NDArray[np.intp], voxel_mm3: float) -> tuple[float, ...]:
    return tuple((voxels * voxel_mm3).tolist())
