import time

import pytest
import torch

from segmem.predict.clock import PARTS, Clock, TimedMemory, timed
from segmem.segmenter import State


def test_a_part_within_another_is_taken_from_it():
    clock = Clock()
    with clock.part("head"):
        with clock.part("memory", inside="head"):
            time.sleep(0.03)
        time.sleep(0.01)
    assert clock.seconds["memory"] >= 0.03
    assert 0.009 <= clock.seconds["head"] < 0.03


def test_reading_counts_the_time_to_get_each_frame():
    def slow():
        for number in range(3):
            time.sleep(0.01)
            yield number

    clock = Clock()
    assert list(clock.reading(slow())) == [0, 1, 2]
    assert clock.seconds["decode"] >= 0.03


def test_shares_add_up_to_one_and_the_rate_is_frames_by_seconds():
    clock = Clock()
    clock.seconds.update(decode=1.0, encode=2.0, memory=1.0, head=0.5, write=0.5)
    clock.frames = 10
    timings = clock.timings()
    assert tuple(timings.share) == PARTS
    assert sum(timings.share.values()) == pytest.approx(1)
    assert timings.share["encode"] == pytest.approx(0.4)
    assert timings.frames_per_s == pytest.approx(10 / timings.total_s, rel=0.01)


def test_a_clock_can_be_added_to_another():
    one, other = Clock(), Clock()
    one.seconds["write"], other.seconds["write"] = 1.0, 2.0
    one.frames, other.frames = 3, 4
    one.add(other)
    assert (one.seconds["write"], one.frames) == (3.0, 7)


@torch.inference_mode()
def test_a_timed_model_answers_as_the_model_itself(video_model):
    clock = Clock()
    twin = timed(video_model, clock)
    frames = torch.randn(3, 1, 3, 64, 96, generator=torch.Generator().manual_seed(0))
    mine, its = State.start(), State.start()
    for frame in frames:
        expected, mine = video_model.step(frame, mine)
        found, its = twin.step(frame, its)
        assert torch.equal(found.logits, expected.logits)
    assert clock.seconds["memory"] > 0
    assert not isinstance(video_model.memory, TimedMemory)
