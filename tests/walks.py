"""States as a few frames leave them."""

import torch

from segmem.core import PromptBatch
from segmem.state import State

BOX = PromptBatch((1,), boxes=torch.tensor([[[10.0, 10.0, 40.0, 40.0]]]))
BOTH = PromptBatch((4, 2), boxes=torch.tensor([[[10.0, 10.0, 40.0, 40.0], [30.0, 5.0, 60.0, 30.0]]]))


def frame(number):
    return torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(number))


@torch.inference_mode()
def walked(model, prompt, length):
    """The state after `length` frames of which the first is prompted."""
    state = State.start()
    for number in range(length):
        prediction, state = model.step(frame(number), state, prompt if number == 0 else None)
    return prediction, state


def held(bank, row=0):
    """Frames by whether they are pinned."""
    used = bank.used[row]
    return {pin: sorted(bank.frame[row][used & (bank.pinned[row] == pin)].tolist()) for pin in (True, False)}
