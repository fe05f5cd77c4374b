from pathlib import Path

import pytest

from segmem.doctor.names import is_label, split_in, split_of_name


@pytest.mark.parametrize(
    "path", ["labels/a.nii.gz", "masks/1.png", "labelsTr/a.nii.gz", "x/a_seg.nii", "x/mask_1.png"]
)
def test_label_maps_are_known_by_folder_or_name(path):
    assert is_label(Path(path))


@pytest.mark.parametrize("path", ["images/a.nii.gz", "x/segment7.png", "x/unmasked.png"])
def test_images_are_not_taken_for_label_maps(path):
    assert not is_label(Path(path))


def test_a_folder_above_says_the_split():
    assert split_in(Path("train/images/a.png")) == "train"
    assert split_in(Path("imagesTs/a.nii.gz")) == "test"
    assert split_in(Path("data/val/a.png")) == "validation"
    assert split_in(Path("images/test.png")) is None


def test_other_names_are_no_split():
    assert split_of_name("trained") is None
