from dataclasses import replace

import numpy as np
from PIL import Image

from labelled import write_images, write_scans, write_video_case
from segmem.data.layouts import find_labelled
from segmem.doctor.case_files import examine, labels, masks, place
from sick import STRAIGHT, codes, nifti, of
from sick import labels as box


def test_sound_files_give_no_finding_and_the_spacing_of_the_scan(tmp_path):
    write_scans(tmp_path, ["a"])
    found, spacing = examine(tmp_path, find_labelled(tmp_path)[0])
    assert (found, spacing) == ([], (1.0, 1.0, 3.0))


def test_a_label_map_of_another_size_or_place_is_named_by_its_file(tmp_path):
    nifti(tmp_path / "images" / "a.nii.gz")
    nifti(tmp_path / "labels" / "a.nii.gz", box(1, (6, 7, 4)))
    (case,) = find_labelled(tmp_path)
    found = of(examine(tmp_path, case)[0], "grid-shape")
    assert found.where == "labels/a.nii.gz"
    assert "axis 2" in found.what
    moved = STRAIGHT.copy()
    moved[2, 3] = 9
    nifti(tmp_path / "labels" / "a.nii.gz", box(), moved)
    assert "9 mm along superior" in of(examine(tmp_path, case)[0], "grid-apart").what


def test_noise_can_be_mended_where_the_image_is_a_nifti_beside(tmp_path):
    noisy = STRAIGHT.copy()
    noisy[0, 1] = 1e-7
    nifti(tmp_path / "images" / "a.nii.gz")
    nifti(tmp_path / "labels" / "a.nii.gz", box(), noisy)
    found = examine(tmp_path, find_labelled(tmp_path)[0])[0]
    assert of(found, "grid-noise").fix


def test_pictures_and_masks_are_looked_at_by_their_role(tmp_path):
    write_images(tmp_path, ["a"], value=255)
    found = of(examine(tmp_path, find_labelled(tmp_path)[0])[0], "label-255")
    assert found.where == "masks/a.png"


def test_masks_of_a_video_are_looked_at_when_asked(tmp_path):
    write_video_case(tmp_path / "v")
    colours = np.zeros((48, 64, 3), np.uint8)
    colours[:9] = (0, 255, 0)
    Image.fromarray(colours).save(tmp_path / "v" / "masks" / "00001.png")
    (case,) = find_labelled(tmp_path)
    assert examine(tmp_path, case)[0] == []
    assert codes(masks(tmp_path, case)) == {"label-colour"}


def test_labels_are_what_is_no_input_or_what_its_folder_says(tmp_path):
    write_images(tmp_path, ["a"])
    (case,) = find_labelled(tmp_path)
    mask = tmp_path / "masks" / "a.png"
    assert labels(case) == labels(replace(case, inputs=())) == (mask,)
    assert place(tmp_path, mask) == "masks/a.png"
