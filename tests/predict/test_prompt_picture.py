import numpy as np
import pytest
import torch
from PIL import Image

from segmem.core import Clip, Geometry, Prompt
from segmem.core.errors import OutputError, PromptError
from segmem.io.palette import PALETTE
from segmem.predict.frames import LooseFrames
from segmem.predict.prompt_picture import draw, show_prompts

GREY = (90, 90, 90)


def frame(rows: int = 512, columns: int = 600) -> torch.Tensor:
    return torch.full((3, rows, columns), 90, dtype=torch.uint8)


def test_a_box_is_outlined_in_the_object_s_colour():
    image = draw(frame(), [Prompt(object=2, box=(100, 50, 300, 200))])
    assert image.size == (600, 512)
    for place in [(100, 120), (300, 120), (200, 50), (200, 200)]:
        assert image.getpixel(place) == PALETTE[2]
    assert image.getpixel((200, 120)) == GREY
    assert image.getpixel((50, 120)) == GREY


def test_a_point_inside_is_a_plus_and_outside_a_minus():
    image = draw(frame(), [Prompt(points=((100, 100, 1), (300, 300, 0)))])
    assert image.getpixel((100, 100)) == image.getpixel((300, 300)) == (0, 0, 0)
    assert image.getpixel((100, 104)) == (0, 0, 0)
    assert image.getpixel((300, 304)) == PALETTE[1]


def test_a_mask_is_tinted_and_two_masks_do_not_hide_each_other():
    one, other = np.zeros((512, 600), bool), np.zeros((512, 600), bool)
    one[100:200, 100:200] = True
    other[300:400, 300:400] = True
    image = draw(frame(), [Prompt(mask=one), Prompt(object=2, mask=torch.from_numpy(other))])
    assert len({image.getpixel((150, 150)), image.getpixel((350, 350)), GREY}) == 3
    assert image.getpixel((50, 50)) == GREY


def test_a_small_slice_is_enlarged_by_a_whole_factor_and_the_box_with_it():
    image = draw(torch.zeros(1, 30, 40), [Prompt(box=(10, 5, 20, 15))])
    assert image.size == (520, 390)  # 13 times
    assert image.getpixel((136, 130)) == PALETTE[1]
    assert image.getpixel((195, 130)) == (0, 0, 0)


def test_a_scan_is_shown_between_its_own_percentiles():
    slice_ = torch.linspace(-1000, 3000, 600 * 512).reshape(1, 512, 600)
    slice_[0, 0, 0] = torch.nan
    image = draw(slice_, [Prompt(points=((300, 250, 1),))])
    assert image.getpixel((0, 0)) == (0, 0, 0)
    assert image.getpixel((599, 511)) == (255, 255, 255)
    assert draw(torch.full((1, 8, 8), 7.0), []).getextrema() == ((0, 0),) * 3


def test_each_prompted_frame_gets_a_picture_by_its_number(tmp_path):
    frames = torch.stack([torch.full((3, 20, 30), value, dtype=torch.uint8) for value in range(0, 60, 10)])
    prompts = [Prompt(frame=4, box=(1, 1, 5, 5)), Prompt(frame=1, object=2, box=(1, 1, 5, 5))]
    clip = Clip("c", frames, Geometry("video", (20, 30)))
    for name, source in [("clip", clip), ("stream", LooseFrames(iter(frames)))]:
        written = show_prompts(source, prompts, tmp_path / name)
        assert [path.name for path in written] == ["00001.png", "00004.png"]
        for path, value in zip(written, (10, 40), strict=True):
            with Image.open(path) as image:
                assert image.getpixel((image.width - 1, image.height - 1)) == (value,) * 3
        assert sorted(path.name for path in (tmp_path / name).iterdir()) == ["00001.png", "00004.png"]


def test_no_frame_after_the_last_prompted_one_is_read(tmp_path):
    def frames():
        yield frame(8, 8)
        yield frame(8, 8)
        raise AssertionError("read too far")

    assert (
        len(show_prompts(LooseFrames(frames()), [Prompt(frame=1, box=(1, 1, 5, 5))], tmp_path / "out")) == 1
    )


def test_one_frame_may_go_to_one_file_but_two_may_not(tmp_path):
    source = Clip("c", torch.zeros(2, 3, 8, 8, dtype=torch.uint8), Geometry("video", (8, 8)))
    out = tmp_path / "p.png"
    assert show_prompts(source, [Prompt(box=(1, 1, 5, 5))], out) == [out]
    assert out.is_file()
    with pytest.raises(PromptError, match=r"2 frames have prompts\. Name a folder"):
        show_prompts(source, [Prompt(box=(1, 1, 5, 5)), Prompt(frame=1, box=(1, 1, 5, 5))], out)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("mine")
    source = Clip("c", torch.zeros(1, 3, 8, 8, dtype=torch.uint8), Geometry("image", (8, 8)))
    with pytest.raises(OutputError, match="cannot be written"):
        show_prompts(source, [Prompt(box=(1, 1, 5, 5))], tmp_path / "file" / "p.png")
