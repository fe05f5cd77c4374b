import pytest
import torch

from datasets import write_davis, write_frames, write_palette_mask
from labelled import SIZE, square
from segmem.core.errors import InputError
from segmem.data.davis import cases, classes, recognises
from segmem.data.layouts import find_labelled, recognise


def test_a_sequence_is_a_video_with_a_palette_mask_for_each_frame(tmp_path):
    found = find_labelled(write_davis(tmp_path))
    assert (
        recognise(tmp_path).why
        == "2 sequences with pictures in JPEGImages/480p/ and masks in Annotations/480p/"
    )
    assert [(case.name, case.group, case.kind) for case in found] == [
        ("bear", "bear", "video"),
        ("dogs", "dogs", "video"),
    ]
    frames = list(found[0].read())
    assert [int(label.max()) for _, label in frames] == [1, 2, 1]
    assert frames[0][0].shape == (3, *SIZE)
    assert classes(tmp_path) == {}


def test_a_test_sequence_has_the_first_label_alone(tmp_path):
    (case,) = cases(write_davis(tmp_path, ["bear"], labelled=[0]), None)
    assert [label is not None for _, label in case.read()] == [True, False, False]


def test_480p_is_taken_before_full_resolution(tmp_path):
    write_davis(tmp_path, ["bear"])
    write_frames(tmp_path / "JPEGImages" / "1080p" / "bear", 3)
    write_palette_mask(tmp_path / "Annotations" / "1080p" / "bear" / "00000.png", square())
    assert "480p" in recognises(tmp_path).found


def test_a_mask_of_no_picture_is_named(tmp_path):
    write_davis(tmp_path, ["bear"])
    write_palette_mask(tmp_path / "Annotations" / "480p" / "bear" / "00007.png", square())
    with pytest.raises(InputError, match=r"00007\.png: no picture of this name"):
        cases(tmp_path, None)


def test_pictures_alone_are_a_near_miss(tmp_path):
    write_frames(tmp_path / "JPEGImages" / "480p" / "bear", 1)
    assert recognises(tmp_path).lacks.startswith("has JPEGImages/, but not")


def test_the_real_sequences_are_read(data_root):
    found = find_labelled(data_root / "video_davis")
    assert [case.name for case in found] == ["blackswan", "car-shadow"]
    frame, label = next(found[0].read())
    assert frame.shape[-2:] == label.shape == (480, 854)
    assert torch.unique(label).tolist() == [0, 255]
