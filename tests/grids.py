"""Random grids through our readers and writers, judged by other programs' ones."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import nrrd
import numpy as np
import SimpleITK as sitk  # noqa: N813
import torch

from segmem.core import Clip, Labels
from segmem.io.volume import read_volume, write_volume

FORMATS = ("nii.gz", "nii", "nrrd", "mha", "dicom")
TO_LPS = np.diag([-1.0, -1.0, 1.0])
PRIME = 251
_PLACE = ("sform_code", "qform_code", "srow_x", "srow_y", "srow_z", "pixdim", "xyzt_units")
_QUATERNION = ("quatern_b", "quatern_c", "quatern_d", "qoffset_x", "qoffset_y", "qoffset_z")


@dataclass(frozen=True)
class Grid:
    """A scan's array axes (as the file has them) in the world (R, A, S)."""

    shape: tuple[int, int, int]
    affine: np.ndarray
    sheared: bool

    @property
    def volume(self) -> np.ndarray:
        """Values that tell every voxel from its neighbours."""
        flat = np.random.default_rng(int(np.prod(self.shape))).permutation(int(np.prod(self.shape)))
        return flat.reshape(self.shape).astype(np.int16)


def make(
    quaternion: Any, spacing_mm: Any, order: Any, flips: Any, offset_mm: Any, shape: Any, shear: float = 0.0
) -> Grid:
    """A grid from its parts: a turn, steps, which axis goes where, which run backwards, where it begins.

    Args:
        shear: of the third axis along the second, as a part of its step.
    """
    w, x, y, z = np.asarray(quaternion, float) / np.linalg.norm(quaternion)
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    linear = (turn @ np.eye(3)[:, list(order)]) * np.where(flips, -1, 1) * np.asarray(spacing_mm, float)
    linear[:, 2] += shear * spacing_mm[2] * linear[:, 1] / spacing_mm[1]
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = linear, offset_mm
    return Grid(tuple(int(side) for side in shape), affine, shear != 0)


def random(rng: np.random.Generator) -> Grid:
    """Any grid; a quarter lie straight, a quarter are sheared."""
    straight = rng.random() < 0.25
    return make(
        quaternion=(1, 0, 0, 0) if straight else rng.normal(size=4),
        spacing_mm=rng.uniform(0.2, 6, 3),
        order=rng.permutation(3),
        flips=rng.random(3) < 0.5,
        offset_mm=rng.uniform(-500, 500, 3),
        shape=rng.integers(2, 8, 3),
        shear=float(rng.uniform(0.05, 0.4)) if rng.random() < 0.25 else 0.0,
    )


def mismatches(grid: Grid, form: str, folder: Path) -> list[str]:
    """What differs after one way through: written by another program, read by ours, labelled, written by ours, read
    by other programs. Empty where all is the same."""
    if form == "dicom":
        from dicom_grids import dicom_mismatches

        return dicom_mismatches(grid, folder)
    source, target = folder / f"in.{form}", folder / f"out.{form}"
    {"nrrd": _write_nrrd, "mha": _write_mha}.get(form, _write_nifti)(grid, source)
    write_volume(identity(read_volume(source)), target)
    judge = {"nrrd": _judge_nrrd, "mha": _judge_mha}.get(form, _judge_nifti)
    found = judge(source, target, grid.volume % PRIME)
    return found + ([] if grid.sheared and form != "nrrd" else _judge_itk(source, target, grid))


def identity(clip: Clip) -> Labels:
    """The labels of a model that says what it sees."""
    return Labels(clip.name, (clip.frames[:, 0].long() % PRIME).to(torch.uint8), clip.geometry)


def _write_nifti(grid: Grid, path: Path) -> None:
    image = nib.Nifti1Image(grid.volume, None)
    image.set_sform(grid.affine, code=1)
    image.set_qform(None if grid.sheared else grid.affine, code=0 if grid.sheared else 1)
    nib.save(image, path)


def _judge_nifti(source: Path, target: Path, expected: np.ndarray) -> list[str]:
    before, after = nib.load(source), nib.load(target)
    found = [] if np.array_equal(np.asarray(after.dataobj), expected) else ["nibabel reads other voxels"]
    for name in (*_PLACE, *_QUATERNION):
        one, other = before.header[name], after.header[name]
        if name == "pixdim":  # the rest is of axes that a scan does not have
            one, other = one[:4], other[:4]
        if one.tobytes() != other.tobytes():
            found.append(f"{name} is not the same to the bit")
    if not np.array_equal(before.affine, after.affine):
        found.append("nibabel reads another affine")
    return found


def _write_nrrd(grid: Grid, path: Path) -> None:
    header = {
        "space": "left-posterior-superior",
        "space directions": (TO_LPS @ grid.affine[:3, :3]).T,
        "space origin": TO_LPS @ grid.affine[:3, 3],
        "kinds": ["domain"] * 3,
    }
    nrrd.write(str(path), grid.volume, header)


def _judge_nrrd(source: Path, target: Path, expected: np.ndarray) -> list[str]:
    (_, before), (array, after) = nrrd.read(str(source)), nrrd.read(str(target))
    found = [] if np.array_equal(array, expected) else ["pynrrd reads other voxels"]
    names = ("space", "space directions", "space origin")
    return found + [f"{name} differs" for name in names if not np.array_equal(before[name], after[name])]


def _write_mha(grid: Grid, path: Path) -> None:
    image = sitk.GetImageFromArray(np.ascontiguousarray(grid.volume.transpose(2, 1, 0)))
    spacing = np.linalg.norm(grid.affine[:3, :3], axis=0)
    image.SetOrigin((TO_LPS @ grid.affine[:3, 3]).tolist())
    image.SetSpacing(spacing.tolist())
    image.SetDirection((TO_LPS @ grid.affine[:3, :3] / spacing).ravel().tolist())
    sitk.WriteImage(image, str(path))


def _judge_mha(source: Path, target: Path, expected: np.ndarray) -> list[str]:
    array = sitk.GetArrayFromImage(sitk.ReadImage(str(target))).transpose(2, 1, 0)
    found = [] if np.array_equal(array, expected) else ["SimpleITK reads other voxels"]
    before, after = _mha_lines(source), _mha_lines(target)
    return found + [f"{name} differs" for name in before if before[name] != after.get(name)]


def _mha_lines(path: Path) -> dict[str, str]:
    head = path.read_bytes().split(b"ElementDataFile")[0].decode()
    lines = dict(line.split(" = ", 1) for line in head.splitlines())
    return {name: lines[name] for name in ("DimSize", "Offset", "ElementSpacing", "TransformMatrix")}


def _judge_itk(source: Path, target: Path, grid: Grid) -> list[str]:
    """ITK's own reader must find one place for both files, and each value where the grid has it."""
    before, after = sitk.ReadImage(str(source)), sitk.ReadImage(str(target))
    names = ("GetSize", "GetOrigin", "GetSpacing", "GetDirection")
    found = [f"{name} differs" for name in names if getattr(before, name)() != getattr(after, name)()]
    volume = grid.volume
    for corner in np.ndindex(2, 2, 2):
        index = [int(c * (side - 1)) for c, side in zip(corner, grid.shape, strict=True)]
        at = TO_LPS @ (grid.affine @ (*index, 1))[:3]
        if (
            not grid.sheared
            and np.abs(np.subtract(after.TransformIndexToPhysicalPoint(index), at)).max() > 2e-3
        ):
            found.append(f"SimpleITK places {index} elsewhere")
        if after[index] != volume[tuple(index)] % PRIME:
            found.append(f"SimpleITK reads another value at {index}")
    return found


def far(found: np.ndarray, expected: np.ndarray, shape: Any, what: str, limit_mm: float) -> list[str]:
    """The corners of the grid, by two affines."""
    corners = np.array([[*np.multiply(c, np.subtract(shape, 1)), 1] for c in np.ndindex(2, 2, 2)]).T
    apart = float(np.abs(found @ corners - expected @ corners).max())
    return [f"{what} is off by {apart:.3g} mm"] if apart > limit_mm else []
