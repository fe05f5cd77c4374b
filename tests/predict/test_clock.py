import time

import pytest
import torch

from segmem.core import PromptBatch
from segmem.predict.clock import PARTS, Clock, TimedMemory, TimedNetwork, timed
from segmem.prompted import PromptableNetwork
from segmem.state import State


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


@torch.inference_mode()
def test_a_timed_promptable_model_answers_as_the_model_itself(sam2_model):
    clock = Clock()
    sam2_model.together = 1
    twin = timed(sam2_model, clock)
    sam2_model.together = None
    assert twin.together == 1
    frames = torch.randn(3, 1, 3, 64, 96, generator=torch.Generator().manual_seed(0))
    prompt = PromptBatch((1, 2), boxes=torch.tensor([[[10.0, 8, 50, 44], [30, 20, 90, 60]]]))
    mine, its = State.start(), State.start()
    for index, frame in enumerate(frames):
        expected, mine = sam2_model.step(frame, mine, prompt if index == 0 else None)
        found, its = twin.step(frame, its, prompt if index == 0 else None)
        assert torch.allclose(found.logits, expected.logits, atol=0.02)
    assert clock.seconds["memory"] > 0
    assert not isinstance(sam2_model.network, TimedNetwork)


def test_a_timed_model_shares_every_weight(sam2_model):
    twin = timed(sam2_model, Clock())
    assert {id(p) for p in twin.parameters()} == {id(p) for p in sam2_model.parameters()}


def test_what_a_promptable_network_is_asked_its_timed_twin_can_answer(sam2_model):
    twin = timed(sam2_model, Clock()).network
    asked = [name for name in vars(PromptableNetwork) if not name.startswith("_")]
    assert len(asked) > 8
    assert [name for name in asked if not callable(getattr(twin, name, None))] == []
