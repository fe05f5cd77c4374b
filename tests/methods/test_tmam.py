import torch

from nano import nano, nano_spec
from segmem.memory import Fifo
from segmem.methods.tmam import TmamSettings
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
