import torch
from hypothesis import given
from hypothesis import strategies as st

from segmem.core import Clip, Geometry
from segmem.io.window import BACK, FrameWindow


class Reader:
    """A clip whose frame number t is filled with t; it counts how often it is opened and what is read."""

    def __init__(self, length: int) -> None:
        self.length, self.opened, self.read = length, [], 0

    def __call__(self, first: int):
        self.opened.append(first)
        reader = self

        class Counting:
            name, geometry, length = "clip", Geometry("video", (1, 1)), reader.length - first

            def __iter__(self):
                for number in range(first, reader.length):
                    reader.read += 1
                    yield torch.full((1, 1, 1), float(number))

        return Counting()


def numbers(window: FrameWindow, asked) -> list[int | None]:
    return [None if (frame := window(t)) is None else int(frame) for t in asked]


def test_rising_numbers_read_the_source_once():
    reader = Reader(50)
    assert numbers(FrameWindow(reader), range(52)) == [*range(50), None, None]
    assert reader.opened == [0]
    assert reader.read == 50


def test_falling_numbers_open_it_once_for_every_few_frames():
    reader = Reader(100)
    assert numbers(FrameWindow(reader), range(99, -1, -1)) == list(range(99, -1, -1))
    assert len(reader.opened) <= 2 + 100 // BACK
    assert reader.read == 100


def test_the_same_frame_is_not_read_twice_in_a_row():
    reader = Reader(9)
    assert numbers(FrameWindow(reader), [4, 4, 4]) == [4, 4, 4]
    assert reader.read == 1


def test_few_frames_are_held_at_a_time():
    reader = Reader(100)
    window = FrameWindow(reader)
    for t in [*range(99, 20, -1), *range(20, 60)]:
        window(t)
        assert len(window._held) <= BACK


def test_a_clip_in_memory_will_do():
    clip = Clip("c", torch.arange(3.0).view(3, 1, 1, 1), Geometry("video", (1, 1)))
    window = FrameWindow(lambda first: Clip("c", clip.frames[first:], clip.geometry))
    assert numbers(window, [2, 1, 0, 3]) == [2, 1, 0, None]


@given(st.lists(st.integers(0, 45), max_size=30), st.integers(0, 40))
def test_any_order_gives_the_right_frames(asked, length):
    expected = [t if t < length else None for t in asked]
    assert numbers(FrameWindow(Reader(length)), asked) == expected
