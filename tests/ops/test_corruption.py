from typing import get_args

import pytest
import torch
from torch.nn import functional as F

from segmem.ops.corruption import DIMMED, HIDDEN, Corruption, CorruptionSettings, corrupt

KINDS = get_args(Corruption)


def random(seed=0):
    made = torch.Generator()
    made.manual_seed(seed)
    return made


def clip(frames=6):
    return F.avg_pool2d(torch.rand(frames, 3, 48, 64, generator=random(5)), 3, 1, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_spoils_the_frame_and_stays_in_range(kind):
    frames = clip()
    before = frames.clone()
    spoilt = corrupt(frames, CorruptionSettings(share=1.0, kinds=(kind,)), random())
    assert spoilt.flatten(1).any(dim=1).tolist() == [False, True, True, True, True, True]
    assert float((frames[1:] - before[1:]).abs().mean(dim=(1, 2, 3)).min()) > 1e-3
    assert 0 <= float(frames.min()) <= float(frames.max()) <= 1


def test_of_an_occlusion_only_what_lies_behind_it_is_spoilt():
    frames = clip(20)
    before = frames.clone()
    spoilt = corrupt(frames, CorruptionSettings(share=1.0, kinds=("occlusion",)), random())
    changed = (frames != before).any(dim=1)
    behind = spoilt == HIDDEN
    assert torch.equal(behind, spoilt > 0)
    assert not (changed & ~behind).any()
    assert float((changed & behind).sum() / behind.sum()) > 0.95
    assert 0.02 < float(spoilt[1:].mean()) < 0.9


def test_of_a_blank_frame_nothing_is_left_and_of_a_dark_blurred_or_veiled_one_something():
    for kind in set(KINDS) - {"occlusion"}:
        spoilt = corrupt(clip(3), CorruptionSettings(share=1.0, kinds=(kind,)), random())
        assert (spoilt[1:] == (HIDDEN if kind == "blank" else DIMMED)).all()
        assert not spoilt[0].any()


def test_frames_that_are_not_named_are_untouched():
    frames = clip(40)
    before = frames.clone()
    spoilt = corrupt(frames, CorruptionSettings(share=0.5), random()).flatten(1).any(dim=1)
    assert torch.equal(frames[~spoilt], before[~spoilt])
    assert 8 < int(spoilt.sum()) < 32


def test_the_first_frame_of_a_clip_may_be_spoilt_if_asked_and_a_single_frame_is():
    assert bool(corrupt(clip(3), CorruptionSettings(share=1.0, keep_first=False), random())[0].any())
    assert bool(corrupt(clip(1), CorruptionSettings(share=1.0), random())[0].any())


def test_a_share_of_zero_draws_nothing():
    generator = random()
    before = generator.get_state()
    assert not bool(corrupt(clip(), CorruptionSettings(), generator).any())
    assert torch.equal(before, generator.get_state())


def test_a_blank_frame_says_nothing_of_what_was_there():
    one, other = clip(), clip().flip(-1)
    settings = CorruptionSettings(share=1.0, kinds=("blank",))
    corrupt(one, settings, random(2))
    corrupt(other, settings, random(2))
    assert torch.equal(one[1:], other[1:])
