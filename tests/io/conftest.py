"""Media made on the spot: videos, pictures and scans small enough for a test."""

from collections.abc import Callable, Sequence
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from numpy.typing import NDArray

from footage import encode

MakeVideo = Callable[..., Path]


@pytest.fixture
def make_video(tmp_path: Path) -> MakeVideo:
    """Write pictures (H, W, 3) or (H, W) uint8 as a video; lossless unless another codec is named."""

    def make(
        name: str,
        pictures: Sequence[NDArray[np.uint8]],
        codec: str = "ffv1",
        pix_fmt: str = "bgr0",
        times: Sequence[int] | None = None,
        options: dict[str, str] | None = None,
    ) -> Path:
        return encode(tmp_path / name, pictures, codec, pix_fmt, times, options)

    return make


@pytest.fixture
def make_nifti(tmp_path: Path) -> Callable[..., Path]:
    """Write an array as NIfTI with the sform and qform codes asked for (0 leaves a form unset)."""

    def make(
        name: str, array: NDArray[np.generic], affine: NDArray[np.float64], sform: int = 1, qform: int = 0
    ) -> Path:
        image = nib.Nifti1Image(array, None)
        if sform:
            image.header.set_sform(affine, code=sform)
        if qform:
            image.header.set_qform(affine, code=qform)
        elif sform:
            image.header.set_zooms((*np.linalg.norm(affine[:3, :3], axis=0), *[1.0] * (array.ndim - 3)))
        path = tmp_path / name
        nib.save(image, path)
        return path

    return make
