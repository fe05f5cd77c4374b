"""A value between 0 and 1 for each class and voxel, as a NIfTI of four axes, written class after class."""

import gzip
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segmem.core import Geometry
from segmem.io.nifti import grid_header
from segmem.io.orientation import Turn

_LEVEL = 5


def write_stack(path: Path, volumes: Iterable[NDArray[np.uint8]], count: int, geometry: Geometry) -> None:
    """Write `count` volumes (T, H, W) of bytes that mean 0 to 1, on their scan's own grid, one in memory at a time.

    The header scales them (`scl_slope` 1/255), so that readers see 0 to 1.

    Args:
        path: a `.nii.gz` file.
        volumes: on the scan's axes, as they are read.
        count: how many.
        geometry: the scan's.
    """
    how = Turn(geometry.axes, geometry.flipped)
    with gzip.GzipFile(path, "wb", _LEVEL, mtime=0) as file:
        for number, volume in enumerate(volumes):
            turned = how.to_file(volume)
            if number == 0:
                header = grid_header((*turned.shape, count), geometry)
                header["scl_slope"] = 1 / 255
                file.write(header.binaryblock + bytes(4))
            file.write(turned.tobytes(order="F"))
