"""Memory for large arrays that costs the same at any time."""

import math
import mmap

import numpy as np
from numpy.typing import DTypeLike, NDArray

_LARGE = 32 << 20


def fresh(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[np.generic]:
    """An array to be filled, in ordinary pages.

    numpy asks for huge pages, for which a busy system may first have to move others: from a third of the time to
    twice the time of ordinary ones, for the same scan.
    """
    kind = np.dtype(dtype)
    size = math.prod(shape) * kind.itemsize
    if size < _LARGE:
        return np.empty(shape, kind)
    return np.frombuffer(mmap.mmap(-1, size), kind).reshape(shape)
