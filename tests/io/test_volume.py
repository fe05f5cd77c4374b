from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import torch

from dicom_made import labelled_clip
from segmem.core import Geometry, Labels
from segmem.core.errors import FormatError, GeometryError, InputError
from segmem.io.dicom.rtstruct_write import write_rtstruct
from segmem.io.dicom.seg_write import write_seg
from segmem.io.dicom.source import Maker
from segmem.io.volume import read_array, read_label_volume, read_volume, write_volume

MakeNifti = Callable[..., Path]
AFFINE = np.diag([-1.0, 2.0, 9.0, 1.0])


def test_labels_are_turned_as_their_scan(make_nifti: MakeNifti) -> None:
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    clip = read_volume(make_nifti("s.nii.gz", array.astype(np.float32), AFFINE))
    path = make_nifti("l.nii.gz", array, AFFINE)
    for labels in (read_label_volume(path), read_label_volume(path, like=clip.geometry)):
        assert labels.dtype == torch.uint8
        assert torch.equal(labels.float(), clip.frames[:, 0])


@pytest.mark.parametrize(
    ("value", "found"), [(0.999, "0.999"), (-1.0, "-1"), (256.0, "256"), (np.nan, "nan")]
)
def test_labels_that_are_not_class_numbers_are_refused_with_their_values(
    make_nifti: MakeNifti, value: float, found: str
) -> None:
    array = np.zeros((2, 3, 4), np.float32)
    array[1, 1, 1] = value
    with pytest.raises(FormatError, match=f"this one has {found}"):
        read_label_volume(make_nifti("l.nii.gz", array, AFFINE))


def test_whole_floating_point_labels_are_taken(make_nifti: MakeNifti) -> None:
    assert int(read_label_volume(make_nifti("l.nii.gz", np.full((2, 3, 4), 7.0), AFFINE)).max()) == 7


def test_labels_on_another_grid_are_refused_but_noise_is_not(make_nifti: MakeNifti) -> None:
    geometry = read_volume(make_nifti("s.nii.gz", np.zeros((2, 3, 4), np.float32), AFFINE)).geometry
    noisy = make_nifti("n.nii.gz", np.zeros((2, 3, 4), np.uint8), AFFINE + 1e-8)
    assert tuple(read_label_volume(noisy, like=geometry).shape) == (4, 3, 2)
    shifted = AFFINE.copy()
    shifted[0, 3] = 2.5
    with pytest.raises(GeometryError, match=r"2\.5 mm along right"):
        read_label_volume(make_nifti("m.nii.gz", np.zeros((2, 3, 4), np.uint8), shifted), like=geometry)
    with pytest.raises(GeometryError, match="Resample"):
        read_label_volume(make_nifti("o.nii.gz", np.zeros((2, 5, 4), np.uint8), AFFINE), like=geometry)


@pytest.mark.parametrize("ending", [".nii.gz", ".nii", ".nrrd", ".mha"])
@pytest.mark.parametrize("origin", [".nii.gz", ".nrrd", ".mha"])
def test_any_format_can_be_saved_as_any_other(
    make_nifti: MakeNifti, tmp_path: Path, origin: str, ending: str
) -> None:
    if ".mha" in (origin, ending):
        pytest.importorskip("SimpleITK", reason="MHA needs the extra [itk]")
    array = np.random.default_rng(0).integers(0, 9, (3, 4, 5), dtype=np.uint8)
    affine = np.array([[0, -2.0, 0, 7], [1, 0, 0, -3], [0, 0, 3, 1.5], [0, 0, 0, 1]])
    clip = read_volume(make_nifti("s.nii.gz", array, affine))
    write_volume(Labels("s", clip.frames[:, 0].byte(), clip.geometry), tmp_path / f"one{origin}")
    one = read_volume(tmp_path / f"one{origin}")
    write_volume(Labels("s", one.frames[:, 0].byte(), one.geometry), tmp_path / f"two{ending}")
    two = read_volume(tmp_path / f"two{ending}")
    assert torch.equal(two.frames, clip.frames)
    assert np.allclose(two.geometry.affine, affine)


def test_a_picture_cannot_be_saved_as_a_scan(tmp_path: Path) -> None:
    labels = Labels("eye", torch.zeros(1, 2, 2, dtype=torch.uint8), Geometry("image", (2, 2)))
    with pytest.raises(GeometryError, match="without an affine"):
        write_volume(labels, tmp_path / "eye.nii.gz")


def test_unknown_and_missing_scans_are_named(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"Known: \.nii\.gz"):
        read_volume(tmp_path / "a.img")
    with pytest.raises(InputError, match="does not exist"):
        read_volume(tmp_path / "a.nii")


def test_a_real_case_comes_back_bit_for_bit(data_root: Path, tmp_path: Path) -> None:
    root = data_root / "mr_hippocampus"
    scan = sorted((root / "images").glob("*.nii.gz"))[0]
    clip = read_volume(scan)
    labels = read_label_volume(root / "labels" / scan.name, like=clip.geometry)
    write_volume(Labels(clip.name, labels, clip.geometry), tmp_path / "out.nii.gz")
    mine, theirs = nib.load(tmp_path / "out.nii.gz"), nib.load(root / "labels" / scan.name)
    assert mine.affine.tobytes() == nib.load(scan).affine.tobytes()
    assert np.array_equal(np.asarray(mine.dataobj), np.asarray(theirs.dataobj))


def test_an_array_is_given_as_the_file_has_it(make_nifti: MakeNifti) -> None:
    stored = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    affine = np.diag([-1.0, 2.0, 3.0, 1.0])
    array, found = read_array(make_nifti("a.nii.gz", stored, affine))
    assert np.array_equal(array, stored)
    assert np.array_equal(found, affine)


def test_a_dicom_seg_and_an_rtstruct_are_label_maps_of_their_scan(tmp_path):
    clip, labels = labelled_clip(tmp_path / "in")
    maker = Maker("nano", "0.1", "ab", {})
    write_seg(labels, tmp_path / "x.dcm", maker)
    write_rtstruct(labels, tmp_path / "r.dcm", maker)
    assert torch.equal(read_label_volume(tmp_path / "x.dcm", clip.geometry), labels.frames)
    assert torch.equal(read_label_volume(tmp_path / "x.dcm"), labels.frames)
    assert torch.equal(read_label_volume(tmp_path / "r.dcm", clip.geometry), labels.frames)
    with pytest.raises(GeometryError, match="filled on the slices of their scan"):
        read_label_volume(tmp_path / "r.dcm")
