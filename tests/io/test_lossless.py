import numpy as np
import pytest
import torch
from PIL import Image

from footage import pictures
from segmem.core.errors import GeometryError
from segmem.io.lossless import LosslessVideo, write_png
from segmem.io.video import VideoFile


@pytest.mark.parametrize("size", [(60, 90), (35, 41)])
def test_every_frame_comes_back_to_the_bit(tmp_path, size):
    frames = [torch.from_numpy(picture).permute(2, 0, 1) for picture in pictures(4, size)]
    with LosslessVideo(tmp_path / "v.mkv") as video:
        for frame in frames:
            video.write(frame)
    again = list(VideoFile(tmp_path / "v.mkv"))
    assert len(again) == 4
    assert all(torch.equal(one, other) for one, other in zip(frames, again, strict=True))


def test_a_frame_of_another_size_is_refused(tmp_path):
    with LosslessVideo(tmp_path / "v.mkv") as video:
        video.write(torch.zeros(3, 6, 9, dtype=torch.uint8))
        with pytest.raises(GeometryError, match="Frame 1 is 8 x 6 pixels, the first one was 9 x 6"):
            video.write(torch.zeros(3, 6, 8, dtype=torch.uint8))


def test_pictures_in_colour_and_grey_come_back(tmp_path):
    picture = torch.from_numpy(pictures(1)[0]).permute(2, 0, 1)
    write_png(tmp_path / "c.png", picture)
    write_png(tmp_path / "g.png", picture[:1])
    assert np.array_equal(np.asarray(Image.open(tmp_path / "c.png")), picture.permute(1, 2, 0).numpy())
    assert np.array_equal(np.asarray(Image.open(tmp_path / "g.png")), picture[0].numpy())
