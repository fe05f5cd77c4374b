import pytest
import torch

from nano import nano, nano_spec
from segmem.memory import Fifo
from segmem.methods.tmam import VARIANTS, TmamSettings
from segmem.state import State


def test_a_frame_below_the_score_leaves_no_memory():
    policy = Fifo(capacity=3, min_score=1.0)
    model = nano(tmam=nano_spec().tmam.model_copy(update={"policy": policy}))
    with torch.no_grad():
        _, state = model.step(torch.randn(1, 3, 64, 64), State.start())
    assert not state.memory.used.any()


def test_the_settings_are_plain_values():
    settings = TmamSettings()
    assert TmamSettings.model_validate(settings.model_dump(mode="json")) == settings


def test_a_variant_fills_what_is_not_given():
    paper = TmamSettings(variant="paper")
    assert (paper.channels, paper.grid, paper.combine, paper.mask) == ("groups", 64, "replace", "full")
    assert (paper.attention.width, paper.attention.layers, paper.policy.capacity) == (256, 4, 10)
    released = TmamSettings(variant="released", attention={"layers": 1}, grid=None)
    assert (released.attention.width, released.attention.layers, released.grid) == (256, 1, None)
    assert released.policy.first_twice
    assert (released.mask, released.mask_values) == ("coarse", "sigmoid")


def test_our_own_variant_is_the_cheapest_of_what_is_worth_the_same():
    ours = TmamSettings()
    assert ours == TmamSettings(variant="segmem")
    assert (ours.policy.capacity, ours.policy.stride, ours.pool, ours.attention.layers) == (6, 3, 4, 1)
    assert TmamSettings(policy={"capacity": 3}).policy == Fifo(capacity=3, stride=3)
    assert TmamSettings(variant="paper").pool == 1


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_variant_is_written_down_whole(variant):
    settings = TmamSettings(variant=variant, pool=2)
    assert TmamSettings.model_validate(settings.model_dump(mode="json")) == settings
