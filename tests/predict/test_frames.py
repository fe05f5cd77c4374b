import numpy as np
import pytest
import torch

from footage import pictures, write_picture, write_video
from segmem.core import Clip, Geometry
from segmem.core.errors import InputError, UsageError
from segmem.predict.frames import LooseFrames, as_frame, as_source, open_one


def test_an_array_is_turned_to_channels_first():
    picture = pictures(1)[0]
    frame = as_frame(picture)
    assert frame.shape == (3, *picture.shape[:2])
    assert np.array_equal(frame.permute(1, 2, 0).numpy(), picture)


def test_a_grey_array_gets_one_channel():
    assert as_frame(np.zeros((4, 5), np.uint8)).shape == (1, 4, 5)


def test_a_tensor_is_taken_as_it_is():
    frame = torch.zeros(3, 4, 5)
    assert as_frame(frame) is frame


@pytest.mark.parametrize(
    "wrong", [np.zeros((4, 5, 3)), np.zeros((2, 4, 5, 3), np.uint8), torch.zeros(4, 5, 3), torch.zeros(4, 5)]
)
def test_what_is_no_frame_is_refused_with_its_shape(wrong):
    with pytest.raises(UsageError, match="expected"):
        as_frame(wrong)


def test_loose_frames_know_their_size_and_lose_none():
    frames = as_source(iter(pictures(3)))
    assert isinstance(frames, LooseFrames)
    assert frames.geometry == Geometry("video", (60, 90))
    assert len(list(frames)) == 3


def test_no_frames_at_all_is_an_error():
    with pytest.raises(InputError, match="no frame"):
        as_source([])


def test_a_clip_stays_itself():
    clip = Clip("c", torch.zeros(1, 3, 4, 5), Geometry("image", (4, 5)))
    assert as_source(clip) is clip


def test_a_path_is_opened(tmp_path):
    assert len(list(as_source(write_video(tmp_path / "a.mkv", 3)))) == 3


def test_a_path_of_several_cases_is_refused(tmp_path):
    write_picture(tmp_path / "one.png")
    write_picture(tmp_path / "other.png")
    with pytest.raises(UsageError, match="holds 2 cases"):
        open_one(tmp_path)
