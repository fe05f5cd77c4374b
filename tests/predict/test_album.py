import numpy as np
import pytest
import torch
from PIL import Image

from footage import pictures, write_picture, write_scan, write_video
from segmem.core import Clip, Geometry
from segmem.core.errors import InputError, UsageError
from segmem.predict.album import album


def test_frames_of_a_video_come_in_any_order(tmp_path):
    found = album(write_video(tmp_path / "v.mkv", 6))
    assert (found.size, found.kind, found.expected, found.scan) == ((60, 90), "video", 6, None)
    assert found.length is None  # this container only says how long it lasts
    for index in (0, 1, 5, 4, 3, 0):
        assert np.array_equal(found.at(index).permute(1, 2, 0), pictures(6)[index])
    assert found.at(6) is None


def test_a_folder_of_frames_is_counted(tmp_path):
    for index, picture in enumerate(pictures(3)):
        Image.fromarray(picture).save(tmp_path / f"{index:03d}.png")
    found = album(str(tmp_path))
    assert (found.length, found.expected) == (3, 3)
    assert np.array_equal(found.at(2).permute(1, 2, 0), pictures(3)[2])


def test_a_scan_is_held_whole(tmp_path):
    found = album(write_scan(tmp_path / "s.nii.gz"))
    assert (found.kind, found.length, found.size) == ("volume", 7, (24, 30))
    assert torch.equal(found.at(3), found.scan[3])


def test_an_image_is_one_frame(tmp_path):
    found = album(write_picture(tmp_path / "i.png"))
    assert (found.kind, found.length) == ("image", 1)


def test_a_clip_and_loose_frames_are_taken_as_they_are():
    clip = Clip("c", torch.zeros(2, 3, 8, 9, dtype=torch.uint8), Geometry("video", (8, 9)))
    assert album(clip).length == 2
    found = album(iter(pictures(2)))
    assert (found.length, found.size, found.kind) == (2, (60, 90), "video")
    assert found.at(2) is None


def test_what_is_no_clip_is_refused(tmp_path):
    for name in ("a.png", "b.png"):
        write_picture(tmp_path / name)
    with pytest.raises(UsageError, match="2 cases"):
        album(tmp_path)
    with pytest.raises(UsageError, match="camera"):
        album("0")
    with pytest.raises(InputError, match="no frame"):
        album([])
