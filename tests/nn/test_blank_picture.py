import pytest
import torch

from segmem.nn.blank_picture import shows_nothing
from small_pictures import WIDE, blank, padded, picture, with_a_clock


@pytest.mark.parametrize(
    "seen",
    [blank(size=WIDE), blank(2.5, WIDE), with_a_clock(blank(size=WIDE)), padded(blank(size=WIDE))],
    ids=["black", "white", "with a clock", "padded"],
)
def test_one_colour_shows_nothing(seen):
    assert shows_nothing(seen) == 1


def test_each_picture_of_a_batch_is_judged_alone():
    assert shows_nothing(torch.cat([blank(), picture()])).flatten().tolist() == [1, 0]


@pytest.mark.parametrize("light", [1.0, 0.1], ids=["day", "dark"])
def test_a_dark_frame_shows_something(light):
    assert shows_nothing(light * picture()) == 0
    assert shows_nothing(padded(light * picture() - 2)) == 0


def test_something_small_and_bright_in_the_dark_is_something():
    seen = blank(size=WIDE)
    seen[..., 10:20, 10:25] = -1.5
    assert shows_nothing(seen) == 0


def test_a_small_view_in_a_black_frame_shows_something():
    seen = blank(size=(60, 80))
    seen[..., 20:40, 25:55] = picture(size=(20, 30))
    assert shows_nothing(seen) == 0
