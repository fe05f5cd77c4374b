"""Connected pieces of each class of a scan, and which of them are kept."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


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
    from scipy import ndimage

    found = labels.cpu().numpy().copy()
    around = np.ones((3, 3, 3), bool)
    each = []
    for value, box in enumerate(ndimage.find_objects(found), start=1):
        if box is None:
            continue
        pieces, _ = ndimage.label(found[box] == value, around)
        voxels = np.bincount(pieces.ravel())[1:]
        order = np.argsort(-voxels, kind="stable")
        kept = int((voxels * voxel_mm3 >= least_mm3).sum())
        kept = min(kept, 1) if only_largest else kept
        found[box][np.isin(pieces, 1 + order[kept:])] = 0
        each.append(Pieces(value, _mm3(voxels[order], voxel_mm3), kept))
    return torch.from_numpy(found), tuple(each)


def _mm3(voxels: NDArray[np.intp], voxel_mm3: float) -> tuple[float, ...]:
    return tuple((voxels * voxel_mm3).tolist())
