from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from segmem.core.errors import FormatError
from segmem.data.cholecseg8k import (
    CLASSES,
    COLOURS,
    GREYS,
    cases,
    read_colours,
    read_watershed,
    recognises,
)
from segmem.data.layouts import find_labelled

SIZE = (24, 32)


def write_watershed(path: Path, greys: np.ndarray) -> Path:
    Image.fromarray(np.repeat(greys.astype(np.uint8)[..., None], 3, axis=2)).save(path)
    return path


def write_clip(root: Path, video: str, first: int, frames: int = 3, grey: int = 31) -> Path:
    folder = root / video / f"{video}_{first:05d}"
    folder.mkdir(parents=True)
    for number in range(first, first + frames):
        picture = np.full((*SIZE, 3), number % 256, np.uint8)
        Image.fromarray(picture).save(folder / f"frame_{number}_endo.png")
        greys = np.full(SIZE, 50)
        greys[4:9, 6:12] = grey
        write_watershed(folder / f"frame_{number}_endo_watershed_mask.png", greys)
        write_watershed(folder / f"frame_{number}_endo_color_mask.png", np.full(SIZE, 127))
    return folder


def test_a_clip_is_a_case_and_its_video_the_group(tmp_path):
    for video, first in (("video01", 80), ("video01", 160), ("video27", 480)):
        write_clip(tmp_path, video, first)
    found = find_labelled(tmp_path)
    assert [case.name for case in found] == ["video01_00080", "video01_00160", "video27_00480"]
    assert [case.group for case in found] == ["video01", "video01", "video27"]
    assert [case.kind for case in found] == ["video"] * 3


def test_the_root_may_be_a_video_or_a_clip(tmp_path):
    clip = write_clip(tmp_path, "video01", 80)
    assert len(cases(clip.parent, None)) == len(cases(clip, None)) == 1


def test_frames_come_by_number_and_masks_by_class(tmp_path):
    write_clip(tmp_path, "video01", 98, frames=4)
    (case,) = cases(tmp_path, None)
    frames = list(case.read())
    assert [int(frame[0, 0, 0]) for frame, _ in frames] == [98, 99, 100, 101]
    assert torch.unique(frames[0][1]).tolist() == [0, CLASSES.index("grasper")]


def test_each_grey_value_is_one_class_and_edges_are_background(tmp_path):
    greys = np.array([[*GREYS, 0, 255]])
    found = read_watershed(write_watershed(tmp_path / "mask.png", greys))
    assert found[0].tolist() == [*GREYS.values(), 0, 0]
    assert sorted(GREYS.values()) == list(range(len(CLASSES)))


def test_a_value_of_no_class_is_refused(tmp_path):
    with pytest.raises(FormatError, match=r"mask\.png: grey value 77 is no class of CholecSeg8k"):
        read_watershed(write_watershed(tmp_path / "mask.png", np.full(SIZE, 77)))


def test_a_frame_without_its_mask_is_refused(tmp_path):
    clip = write_clip(tmp_path, "video01", 80)
    (clip / "frame_81_endo_watershed_mask.png").unlink()
    with pytest.raises(FormatError, match=r"frame_81_endo_watershed_mask\.png is missing"):
        cases(tmp_path, None)


def test_another_folder_is_not_taken_for_it(tmp_path):
    (tmp_path / "images").mkdir()
    assert not recognises(tmp_path)


def test_each_colour_is_one_class_and_edges_are_background(tmp_path):
    colours = np.array([[*COLOURS, (255, 255, 255), (0, 0, 0)]], np.uint8)
    Image.fromarray(colours).save(tmp_path / "mask.png")
    assert read_colours(tmp_path / "mask.png")[0].tolist() == [*COLOURS.values(), 0, 0]
    assert sorted(COLOURS.values()) == list(range(len(CLASSES)))


def test_colour_masks_are_read_where_there_are_no_watershed_masks(tmp_path):
    clip = write_clip(tmp_path, "video01", 80)
    for path in clip.glob("*_watershed_mask.png"):
        path.unlink()
        colours = np.full((*SIZE, 3), 127, np.uint8)
        colours[4:9, 6:12] = (169, 255, 184)
        Image.fromarray(colours).save(path.with_name(path.name.replace("watershed", "color")))
    (case,) = cases(tmp_path, None)
    assert torch.unique(next(case.read())[1]).tolist() == [0, CLASSES.index("L-hook electrocautery")]


def test_a_colour_of_no_class_is_refused(tmp_path):
    Image.fromarray(np.full((*SIZE, 3), (1, 2, 3), np.uint8)).save(tmp_path / "mask.png")
    with pytest.raises(FormatError, match=r"colour \(1, 2, 3\) is no class of CholecSeg8k"):
        read_colours(tmp_path / "mask.png")


def test_clips_come_by_the_number_of_their_first_frame(tmp_path):
    for first in (28660, 160, 80):
        write_clip(tmp_path, "video01", first)
    (tmp_path / "video01" / "video01_00160").rename(tmp_path / "video01" / "video01_160")
    assert [case.name for case in cases(tmp_path, None)] == ["video01_00080", "video01_160", "video01_28660"]
