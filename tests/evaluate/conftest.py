"""Cases with predictions beside them, small and known."""

from pathlib import Path

import numpy as np
import pytest

from labelled import square, write_images, write_mask, write_scans, write_video_case


@pytest.fixture
def images(tmp_path: Path) -> tuple[Path, Path]:
    """Data and predictions of two images: `one` is right, `two` is shifted by four columns."""
    data, found = write_images(tmp_path / "data", ["one", "two"]), tmp_path / "found"
    found.mkdir()
    write_mask(found / "one.png", square())
    write_mask(found / "two.png", np.roll(square(), 4, axis=1))
    return data, found


@pytest.fixture
def video(tmp_path: Path) -> tuple[Path, Path]:
    """A video of six frames of which 1 and 4 are labelled (classes 2 and 1); right on frame 1, empty on 4."""
    data = tmp_path / "data"
    write_video_case(data / "op1")
    labels = tmp_path / "found" / "op1" / "labels"
    labels.mkdir(parents=True)
    for index in range(6):
        write_mask(labels / f"{index:05d}.png", square(2) if index < 4 else 0 * square())
    return data, tmp_path / "found"


@pytest.fixture
def scans(tmp_path: Path) -> tuple[Path, Path]:
    """Two scans of 1 x 1 x 3 mm with a box of class 2; the prediction of `b` is the truth of one slice more."""
    import nibabel as nib

    data, found = write_scans(tmp_path / "data", ["a", "b"]), tmp_path / "found"
    found.mkdir()
    for name in ("a", "b"):
        truth = nib.load(data / "labels" / f"{name}.nii.gz")
        voxels = np.asarray(truth.dataobj).astype(np.uint8)
        if name == "b":
            voxels[5:12, 6:14, 4] = 2
        nib.save(nib.Nifti1Image(voxels, truth.affine), found / f"{name}.nii.gz")
    return data, found
