"""The layout of MedSAM2: an `.npz` file for each case, with `imgs`, `gts` and the spacing.

Written to what its code reads and writes. Scans are (D, H, W), videos (D, H, W, 3), pictures (H, W, 3); the spacing is
in mm along x, y, z. Where a scan lies in the patient is not kept, so its axes are nominal: x left, y to the back.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from segmem.core import Geometry, Kind
from segmem.core.errors import FormatError, InputError
from segmem.data.cases import LabelledCase, LabelledFrame, require_one_grid
from segmem.data.grouping import group_of
from segmem.data.recognition import Recognition, counted

IMAGES, TRUTH, SPACING = "imgs", "gts", "spacing"
RGB = 3


def _files(root: Path) -> list[Path]:
    return sorted(path for path in root.glob("*.npz") if not path.name.startswith("."))


def recognises(root: Path) -> Recognition:
    """Whether the first .npz file in `root` holds `imgs` and `gts`."""
    from segmem.io.npz import npz_headers

    found = _files(root)
    if not found:
        return Recognition()
    try:
        held = npz_headers(found[0]).keys()
    except InputError as fault:
        return Recognition(lacks=f"has .npz files, but {fault}")
    if {IMAGES, TRUTH} <= held:
        return Recognition(f"{counted(len(found), 'file')} .npz, with {IMAGES} and {TRUTH}")
    return Recognition(
        lacks=f"{found[0].name} holds {', '.join(held) or 'nothing'}, not {IMAGES} and {TRUTH}"
    )


def classes(_root: Path) -> dict[int, str]:
    """None: a file does not name what it holds."""
    return {}


def cases(root: Path, group: str | None) -> list[LabelledCase]:
    """One case a file. Only headers are looked at.

    Raises:
        FormatError: a file is damaged, or its arrays are not as described.
        GeometryError: its label map is of another size than its image.
    """
    return [_case(path, group) for path in _files(root)]


def _case(path: Path, group: str | None) -> LabelledCase:
    kind = _kind(path)
    return LabelledCase(
        name=path.stem,
        group=group_of(path.stem, group),
        kind=kind,
        read=partial(_read, path, kind),
        files=(path,),
        geometry=partial(_geometry, path) if kind == "volume" else None,
    )


def _kind(path: Path) -> Kind:
    from segmem.io.npz import npz_headers

    held = npz_headers(path)
    if not {IMAGES, TRUTH} <= held.keys():
        raise FormatError(f"{path} holds {', '.join(held) or 'nothing'}; {IMAGES} and {TRUTH} were expected.")
    image, truth = held[IMAGES].shape, held[TRUTH].shape
    in_colour = len(image) == len(truth) + 1 and image[-1] == RGB
    require_one_grid(image[:-1] if in_colour else image, truth, path.name)
    if len(truth) == 2:
        return "image"
    if len(truth) != 3:
        raise FormatError(
            f"{path}: {TRUTH} has shape {truth}; (slices, rows, columns) or (rows, columns) is read."
        )
    return "video" if in_colour else "volume"


def _read(path: Path, kind: Kind) -> Iterator[LabelledFrame]:
    from segmem.io.npz import read_npz

    images, truth = read_npz(path, IMAGES), _labels(path, read_npz(path, TRUTH))
    if kind == "image":
        images, truth = images[None], truth[None]
    for image, label in zip(images, truth, strict=True):
        yield _frame(path, image, kind), torch.from_numpy(label.copy())


def _frame(path: Path, image: NDArray[Any], kind: Kind) -> torch.Tensor:
    """(1, H, W) float32 of a scan, (3, H, W) uint8 of a picture."""
    if kind == "volume":
        return torch.from_numpy(image.astype(np.float32))[None]
    if image.dtype != np.uint8:
        raise FormatError(f"{path}: pictures are bytes, {IMAGES} are {image.dtype}. Save them as uint8.")
    coloured = np.repeat(image[..., None], RGB, axis=-1) if image.ndim == 2 else image
    return torch.from_numpy(np.ascontiguousarray(coloured.transpose(2, 0, 1)))


def _labels(path: Path, truth: NDArray[Any]) -> NDArray[np.uint8]:
    with np.errstate(invalid="ignore"):
        whole = truth.astype(np.uint8)
    wrong = truth[whole != truth]
    if wrong.size:
        raise FormatError(f"{path}: {TRUTH} holds {wrong.flat[0]:g}; labels are whole numbers from 0 to 255.")
    return whole


def _geometry(path: Path) -> Geometry:
    from segmem.io.npz import npz_headers, read_npz
    from segmem.io.orientation import Turn, scan_geometry

    held = npz_headers(path)
    x, y, z = (1.0, 1.0, 1.0)
    if SPACING in held and held[SPACING].shape == (3,):
        x, y, z = (float(step) for step in read_npz(path, SPACING))
    affine = np.diag([-x, -y, z, 1.0])
    rows, columns = held[IMAGES].shape[1:3]
    return scan_geometry(affine, Turn((2, 1, 0), (False, False, False)), (rows, columns), {})
