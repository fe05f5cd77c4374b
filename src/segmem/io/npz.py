"""Arrays of an `.npz` file: sizes are known from their headers before anything is unpacked, nothing is unpickled."""

import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from segmem.core.errors import FormatError
from segmem.io.sniff import not_a, require_file

MAX_BYTES = 8 * 1024**3
_BROKEN = (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error, NotImplementedError)
"""What damage raises; the last is zipfile's answer to a packing that it does not know."""
_KINDS = "biuf"


@dataclass(frozen=True, slots=True)
class Header:
    """What one array is, as its header says.

    Attributes:
        shape: of the array.
        dtype: of its elements.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def npz_headers(path: Path) -> dict[str, Header]:
    """The header of each array in the file. No array is read.

    Raises:
        InputError: the file is missing or may not be read.
        FormatError: it is no .npz file, is damaged, or holds what is not numbers.
    """
    require_file(path, "an .npz file")
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.endswith(".npy")]
            return {name.removesuffix(".npy"): _header(path, archive, name) for name in names}
    except _BROKEN as why:
        raise not_a(path, "an .npz file", why) from None


def read_npz(path: Path, name: str, max_bytes: int = MAX_BYTES) -> NDArray[Any]:
    """One array of the file.

    Raises:
        InputError: the file is missing or may not be read.
        FormatError: it has no such array, is damaged, needs more than `max_bytes`, or holds what is not numbers.
    """
    found = npz_headers(path).get(name)
    if found is None:
        raise FormatError(
            f"{path} holds no array {name!r}. It holds {', '.join(npz_headers(path)) or 'none'}."
        )
    need = int(np.prod([*found.shape, found.dtype.itemsize], dtype=object))
    if need > max_bytes:
        raise FormatError(
            f"{path}: the header of {name!r} says {found.shape}, which is {need / 1024**3:.1f} GiB, above the limit"
            f" of {max_bytes / 1024**3:.1f} GiB. Is the header right?"
        )
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as file:
            return np.asarray(np.lib.format.read_array(file, allow_pickle=False))
    except _BROKEN as why:
        raise not_a(path, "an .npz file", why) from None


def _header(path: Path, archive: zipfile.ZipFile, name: str) -> Header:
    readers: dict[tuple[int, int], Callable[[IO[bytes]], Any]] = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    with archive.open(name) as file:
        version = np.lib.format.read_magic(file)
        if version not in readers:
            raise ValueError(f"{name} is of npy version {version}")
        shape, _, dtype = readers[version](file)
    if dtype.kind not in _KINDS:
        raise FormatError(
            f"{path}: {name.removesuffix('.npy')!r} holds Python objects or text ({dtype}), which are not read."
            " Save plain numbers."
        )
    return Header(tuple(int(side) for side in shape), dtype)
