"""How probable each class is at each voxel of a scan, kept on the disk while slices come, written as one file."""

import os
import tempfile
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from segmem.core import Geometry, Prediction
from segmem.io.nifti_stack import write_stack
from segmem.ops.working_grid import WorkingGrid


class ProbabilityStack:
    """Bytes of a scan's own grid for each class, in a file without a name that goes with this object.

    Args:
        folder: where there is room for a byte a class and voxel.
        grid: on which slices come.
    """

    def __init__(self, folder: Path, grid: WorkingGrid) -> None:
        self._grid = grid
        self._folder = folder
        self._all: NDArray[np.uint8] | None = None

    @torch.inference_mode()
    def add(self, index: int, prediction: Prediction) -> None:
        """Of slice `index` of `grid.turned`, (1, K, H, W) at the scan's own sampling."""
        shares = (255 * prediction.probabilities[0]).round().byte().cpu().numpy()
        if self._all is None:
            self._all = self._empty(len(shares))
        self._grid.view(self._all)[:, index] = shares

    def write(self, path: Path, geometry: Geometry) -> None:
        """All of it, background first."""
        if self._all is None:
            raise ValueError("no slice was added")
        write_stack(path, self._all, len(self._all), geometry)

    def _empty(self, classes: int) -> NDArray[np.uint8]:
        """What was not looked at is background."""
        shape = (classes, *self._grid.shape)
        with tempfile.TemporaryFile(
            dir=self._folder
        ) as file:  # what is mapped stays until nobody refers to it
            if hasattr(os, "posix_fallocate"):  # a full disk is an error here, and would be a crash later
                os.posix_fallocate(file.fileno(), 0, int(np.prod(shape, dtype=np.int64)))
            made: NDArray[np.uint8] = np.memmap(file, np.uint8, "r+", shape=shape)
        made[0] = 255
        return made
