"""Random grids through our DICOM, judged by other programs' readers."""

from pathlib import Path
from typing import Any

import nibabel as nib
import nrrd
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
import torch
from pydicom import dcmread

import grids
from dicom_made import write_series
from grids import PRIME, TO_LPS, Grid, far
from segmem.core import Clip, Labels
from segmem.io.dicom.find import find_series, read_series
from segmem.io.dicom.seg_write import write_seg
from segmem.io.dicom.source import Maker
from segmem.io.volume import write_volume


def dicom_mismatches(grid: Grid, folder: Path) -> list[str]:
    """Slices of pydicom in, NIfTI, NRRD, MHA and DICOM-SEG out."""
    columns, rows, step = (TO_LPS @ grid.affine[:3, :3]).T
    dx, dy = float(np.linalg.norm(columns)), float(np.linalg.norm(rows))
    places = TO_LPS @ grid.affine[:3, 3] + np.arange(grid.shape[2])[:, None] * step
    turn = (*(columns / dx), *(rows / dy))
    write_series(folder / "in", grid.volume.transpose(2, 1, 0), places, turn, (dy, dx), rescale=(1.0, 0.0))
    (series,) = find_series(folder / "in")
    clip = read_series(series, "in") if not grid.sheared else _said(series)
    labels = grids.identity(clip)
    backwards = np.cross(columns, rows) @ step < 0  # slices come in the order of their normal
    expected = grid.volume[:, :, ::-1] if backwards else grid.volume
    affine = grid.affine.copy()
    if backwards:
        affine[:3, 3] += (grid.shape[2] - 1) * affine[:3, 2]
        affine[:3, 2] *= -1
    found = far(np.asarray(clip.geometry.affine), affine, grid.shape, "our affine", 1e-6)
    for form in ("nii.gz", "nrrd", "mha"):
        if not (grid.sheared and form == "mha"):
            write_volume(labels, folder / f"out.{form}")
    nifti = nib.load(folder / "out.nii.gz")
    if not np.array_equal(nifti.affine[:3], np.asarray(clip.geometry.affine, np.float32)[:3]):
        found.append("NIfTI's affine is not ours in float32")
    array, header = nrrd.read(str(folder / "out.nrrd"))
    written = np.eye(4)
    written[:3, :3], written[:3, 3] = np.asarray(header["space directions"]).T, header["space origin"]
    found += far(written, affine, grid.shape, "NRRD", 1e-6)
    if not (np.array_equal(array, expected % PRIME) and np.array_equal(nifti.dataobj, expected % PRIME)):
        found.append("other voxels")
    return (
        found
        + ([] if grid.sheared else _dicom_itk(folder, grid, affine))
        + _dicom_seg(labels, folder, expected)
    )


def _said(series: Any) -> Clip:
    """A tilted series is warned of."""
    with pytest.warns(UserWarning, match="tilted"):
        return read_series(series, "in")


def _dicom_itk(folder: Path, grid: Grid, affine: np.ndarray) -> list[str]:
    """ITK's own reader of the series, and of what we wrote."""
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder / "in")))
    image, after = reader.Execute(), sitk.ReadImage(str(folder / "out.mha"))
    found = far(_itk_affine(image), affine, grid.shape, "SimpleITK of the series", 1e-5)
    found += far(_itk_affine(after), affine, grid.shape, "MHA", 1e-6)
    if not np.array_equal(sitk.GetArrayFromImage(image) % PRIME, sitk.GetArrayFromImage(after)):
        found.append("SimpleITK reads other voxels")
    return found


def _itk_affine(image: Any) -> np.ndarray:
    affine = np.eye(4)
    linear = np.asarray(image.GetDirection()).reshape(3, 3) * np.asarray(image.GetSpacing())
    affine[:3, :3], affine[:3, 3] = TO_LPS @ linear, TO_LPS @ np.asarray(image.GetOrigin())
    return affine


def _dicom_seg(labels: Labels, folder: Path, expected: np.ndarray) -> list[str]:
    """Each frame of the DICOM-SEG against the image that lies at its place, by pydicom alone."""
    half = Labels(labels.name, (labels.frames > PRIME // 2).to(torch.uint8), labels.geometry)
    write_seg(half, folder / "seg.dcm", Maker("identity", "0", "0", {1: "high"}))
    seg = dcmread(folder / "seg.dcm")
    images = {
        tuple(image.ImagePositionPatient): image for image in map(dcmread, sorted((folder / "in").iterdir()))
    }
    found = [] if seg.NumberOfFrames == expected.shape[2] else ["DICOM-SEG lacks slices"]
    bits = np.unpackbits(np.frombuffer(seg.PixelData, np.uint8), bitorder="little")
    each = bits[: expected.size].reshape(expected.shape[2], seg.Rows, seg.Columns)
    for frame, group in zip(each, seg.PerFrameFunctionalGroupsSequence, strict=True):
        image = images.get(tuple(group.PlanePositionSequence[0].ImagePositionPatient))
        if image is None:
            found.append("a frame of the DICOM-SEG lies at no slice")
        elif not np.array_equal(frame, image.pixel_array % PRIME > PRIME // 2):
            found.append("a frame of the DICOM-SEG holds other pixels")
    return found
