from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from footage import pictures, write_video
from labelled import SIZE, square, write_mask
from segmem.core.errors import FormatError, GeometryError
from segmem.data.layouts import find_labelled
from segmem.data.sar_rarp50 import cases, recognises


def write_operation(
    folder: Path, frames: int = 7, labelled: tuple[int, ...] = (0, 6), value: int = 3
) -> Path:
    (folder / "segmentation").mkdir(parents=True)
    write_video(folder / "video_left.avi", frames, SIZE)
    for number in labelled:
        greys = np.repeat(square(value)[..., None], 3, axis=2)  # masks are saved as grey in three channels
        write_mask(folder / "segmentation" / f"{number:09d}.png", greys)
    return folder


def test_parts_of_an_operation_are_one_group(tmp_path):
    for name in ("train1/video_3", "train1/video_11_1", "train1/video_11_2"):
        write_operation(tmp_path / name)
    found = find_labelled(tmp_path / "train1")
    assert [(case.name, case.group) for case in found] == [
        ("video_11_1", "video_11"),
        ("video_11_2", "video_11"),
        ("video_3", "video_3"),
    ]
    assert len(find_labelled(tmp_path)) == 3


def test_every_frame_comes_and_some_have_labels(tmp_path):
    (case,) = cases(write_operation(tmp_path / "video_1"), None)
    frames = list(case.read())
    assert [label is not None for _, label in frames] == [True, *[False] * 5, True]
    assert torch.unique(frames[6][1]).tolist() == [0, 3]


def test_sampled_pictures_are_read_in_place_of_the_video(tmp_path):
    folder = write_operation(tmp_path / "video_1")
    (folder / "video_left.avi").unlink()
    (folder / "rgb").mkdir()
    for number, picture in zip((0, 3, 6), pictures(3, SIZE), strict=True):
        Image.fromarray(picture).save(folder / "rgb" / f"{number:09d}.png")
    (case,) = cases(folder, None)
    assert [label is not None for _, label in case.read()] == [True, False, True]
    write_mask(folder / "segmentation" / "000000003.png", np.zeros((20, 30)))
    (case,) = cases(folder, None)
    with pytest.raises(GeometryError, match=r"000000003\.png.*\(48, 64\).*\(20, 30\)"):
        list(case.read())


def test_a_mask_of_another_name_is_refused(tmp_path):
    folder = write_operation(tmp_path / "video_1")
    write_mask(folder / "segmentation" / "first.png", square())
    with pytest.raises(FormatError, match=r"first\.png: a mask is named by its frame's number"):
        cases(folder, None)


def test_masks_alone_are_another_layout(tmp_path):
    (tmp_path / "segmentation").mkdir()
    assert not recognises(tmp_path)
