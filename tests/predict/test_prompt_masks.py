from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PIL import Image

from dicom_made import labelled_clip
from segmem.core import Geometry
from segmem.core.errors import FormatError, GeometryError, InputError, PromptError
from segmem.io.dicom.seg_write import write_seg
from segmem.io.dicom.source import Maker
from segmem.io.volume import read_volume
from segmem.predict.prompt_masks import masks
from segmem.predict.said import Said

VIDEO = Geometry("video", (2, 3))


def picture(folder: Path, rows: list[list[int]]) -> Path:
    path = folder / "m.png"
    Image.fromarray(np.array(rows, np.uint8)).save(path)
    return path


def found(said: Said, frame: int = 4, geometry: Geometry = VIDEO, length: int | None = 9) -> list[object]:
    return [
        (p.frame, p.object, np.asarray(p.mask).astype(int).tolist())
        for p in masks(said, frame, geometry, length)
    ]


def test_one_value_is_one_object_whatever_the_value(tmp_path):
    path = picture(tmp_path, [[0, 255, 0], [0, 255, 255]])
    assert found(Said("m", mask=path)) == [(4, 1, [[0, 1, 0], [0, 1, 1]])]


def test_several_values_are_an_object_each_under_their_own_ids(tmp_path):
    path = picture(tmp_path, [[0, 2, 0], [7, 2, 7]])
    assert found(Said("m", mask=path)) == [(4, 2, [[0, 1, 0], [0, 1, 0]]), (4, 7, [[0, 0, 0], [1, 0, 1]])]


def test_with_an_id_all_that_is_not_zero_is_inside(tmp_path):
    path = picture(tmp_path, [[0, 2, 0], [7, 2, 7]])
    assert found(Said("m", object=3, mask=path)) == [(4, 3, [[0, 1, 0], [1, 1, 1]])]


def test_none_is_none():
    assert found(Said("m")) == []


def test_an_empty_mask_and_a_grey_picture_are_refused(tmp_path):
    with pytest.raises(PromptError, match="m: the mask is empty"):
        found(Said("m", mask=picture(tmp_path, [[0, 0, 0]])))
    grey = picture(tmp_path, [list(range(100))])
    with pytest.raises(PromptError, match="99 values besides 0"):
        found(Said("m", mask=grey))
    assert len(found(Said("m", object=1, mask=grey))) == 1


def test_a_file_that_cannot_be_read_is_bad_input(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        found(Said("m", mask=tmp_path / "none.png"))
    (tmp_path / "m.png").write_text("<html>")
    with pytest.raises(FormatError, match="first bytes are text"):
        found(Said("m", mask=tmp_path / "m.png"))


def scan(path: Path, array: np.ndarray, affine: np.ndarray) -> Path:
    nib.save(nib.Nifti1Image(array, affine), path)
    return path


def test_of_a_scan_s_label_map_the_slice_is_taken_turned_as_the_scan(tmp_path):
    affine = np.diag([-1.0, 1.0, 4.0, 1.0])  # the first axis runs to the left, so columns are reversed
    array = np.zeros((3, 2, 5), np.uint8)
    array[0, 1, 2] = 6
    clip = read_volume(scan(tmp_path / "s.nii.gz", array, affine))
    path = scan(tmp_path / "l.nii.gz", array, affine)
    assert found(Said("m", mask=path), 2, clip.geometry, 5) == [(2, 1, [[0, 0, 0], [0, 0, 1]])]
    with pytest.raises(PromptError, match="empty on slice 3"):
        found(Said("m", mask=path), 3, clip.geometry, 5)
    with pytest.raises(PromptError, match="has 5 slices, the scan has 5; slice 9"):
        found(Said("m", mask=path), 9, clip.geometry, 5)
    with pytest.raises(PromptError, match="the input is not a scan"):
        found(Said("m", mask=path))
    shifted = scan(tmp_path / "far.nii.gz", array, np.diag([-1.0, 1.0, 5.0, 1.0]))
    with pytest.raises(GeometryError, match="Resample"):
        found(Said("m", mask=shifted), 2, clip.geometry, 5)


def test_a_dicom_seg_is_a_label_map_of_its_scan(tmp_path):
    clip, labels = labelled_clip(tmp_path / "in")
    write_seg(labels, tmp_path / "x.dcm", Maker("nano", "0", "0", {}))
    prompts = masks(Said("--mask x.dcm", mask=tmp_path / "x.dcm"), 2, clip.geometry, 6)
    assert [prompt.object for prompt in prompts] == [3, 7]
    assert np.array_equal(prompts[1].mask, labels.frames[2] == 7)
