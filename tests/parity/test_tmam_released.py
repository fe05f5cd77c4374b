"""The variant `released` against what TMAM's own code gave, with weights made from their names."""

import math
import os
import zlib

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from segmem.core import Features
from segmem.memory import Entry, MemoryBank, Query
from segmem.methods.spec import ModelSpec
from segmem.methods.tmam import TmamSettings
from segmem.nn.feature_memory import FeatureMemory
from segmem.segmenter import MemorySegmenter
from segmem.state import State

CLOSE = 1e-4
TOKENS = slice(0, None, 37)
ALL = bool(os.environ.get("SEGMEM_SLOW"))
# Channels, entry of the list, steps. All steps take seven minutes; c512 begins anew at step 3.
CASES = {
    "c256": (256, 2, range(14 if ALL else 4)),
    "c512": (512, -1, range(5) if ALL else (0, 1, 3, 4)),
    "c192": (192, 2, range(4 if ALL else 3)),
    "c320": (320, 2, range(4 if ALL else 3)),
}


class Plain(nn.Module):
    """The small network of the golden values: memory takes one entry of its list of features."""

    def __init__(self, channels: int, index: int) -> None:
        super().__init__()
        self.index = index
        deepest = index == -1
        stages = {"stem": nn.Conv2d(3, 16, 3, 2, 1), "stage1": nn.Conv2d(16, channels, 3, 2, 1)}
        decoder = {"lateral": nn.Conv2d(channels, 32, 1), "fuse": nn.Conv2d(48, 24, 3, 1, 1)}
        if not deepest:
            stages["stage2"] = nn.Conv2d(channels, 32, 3, 2, 1)
            decoder["top"] = nn.Conv2d(32, 32, 1)
        self.encoder, self.decoder = nn.ModuleDict(stages), nn.ModuleDict(decoder)
        self.head = nn.ModuleDict({"conv": nn.Conv2d(24, 4, 3, 1, 1)})

    def encode(self, frame):
        listed = [frame]
        for stage in self.encoder.values():
            listed.append(F.relu(stage(listed[-1])))
        return Features(listed[self.index], tuple(listed))

    def decode(self, features):
        first, second, *rest = features.skips[1], features.top, *features.skips[3:]
        fused = self.decoder["lateral"](second)
        if rest:
            fused = fused + F.interpolate(self.decoder["top"](rest[0]), second.shape[-2:], mode="nearest")
        fused = torch.cat([up(F.relu(fused), first.shape[-2:]), first], dim=1)
        fused = F.relu(self.decoder["fuse"](fused))
        return self.head["conv"](up(fused, features.skips[0].shape[-2:]))


def up(x, size):
    return F.interpolate(x, size, mode="bilinear", align_corners=False)


def value(name, shape):
    """A weight, from its name."""
    made = np.random.Generator(np.random.Philox(zlib.crc32(name.encode()))).standard_normal(shape)
    z = made.astype(np.float32)
    if len(shape) >= 2:
        gain = 4 if name == "head.conv.weight" else 1
        return z * np.float32(gain / math.sqrt(math.prod(shape[1:])))
    return np.float32(name.endswith((".weight", ".gamma"))) + np.float32(0.02) * z


def filled(module):
    state = module.state_dict()
    module.load_state_dict({name: torch.from_numpy(value(name, tuple(x.shape))) for name, x in state.items()})
    return module.eval().requires_grad_(requires_grad=False)


@pytest.fixture(scope="module")
def frames(golden_values):
    shown = torch.from_numpy(golden_values("tmam/frames.npz")["frames"])
    return shown.permute(0, 3, 1, 2).float() / 255


def released(case):
    channels, index, steps = CASES[case]
    settings = TmamSettings(variant="released")
    memory = filled(FeatureMemory(channels, settings, settings.policy.capacity))
    spec = ModelSpec(classes=("background", "a", "b", "c"), tmam=settings)
    return MemorySegmenter(filled(Plain(channels, index)), memory, settings.policy, spec), steps


@pytest.mark.parametrize("case", CASES)
def test_every_step_agrees_with_the_released_code(case, frames, golden_values, monkeypatch):
    theirs = golden_values(f"tmam/{case}.npz")
    model, steps = released(case)
    looks, attend = [], model.memory.attend
    monkeypatch.setattr(model.memory, "attend", lambda *given: looks.append(attend(*given)) or looks[-1])
    rows = slice(16, 112) if case == "c192" else slice(None)
    for step in steps:
        if theirs["reset_before"][step]:
            state = State.start()
        with torch.no_grad():
            prediction, state = model.step(frames[theirs["frame_index"][step]][None, :, rows], state)
        same(prediction.logits[0, :, ::4, ::4], theirs["logits_strided"][step])
        newest = int(state.memory.frame[0].argmax())
        written = state.memory.tokens[0, newest].unflatten(0, (model.memory.groups, -1))[:, TOKENS]
        for name, ours in (
            ("memory_tokens", written),
            ("logits_full", prediction.logits[0]),
            ("refined_feature", looks[-1].top[0, ::16]),
            ("attended_feature", tokens(looks[-1].inner)),
        ):
            known = theirs[f"{name}_steps"].tolist()
            if step in known:
                same(ours, theirs[name][known.index(step)])


def test_the_bank_holds_the_steps_that_theirs_held(golden_values):
    """Without the network, whose attention to ten memories takes minutes."""
    theirs = golden_values("tmam/c256.npz")
    policy, bank = TmamSettings(variant="released").policy, None
    for step, held in enumerate(theirs["bank_steps"]):
        if bank is not None:
            asked = Query(torch.zeros(1, 1), torch.tensor([step]))
            recall = policy.recall(asked, bank)
            read = bank.frame.gather(1, recall.slot)[recall.valid]
            expected = theirs["bank_steps"][step - 1][: theirs["attended_slots"][step]]
            assert sorted(read.tolist()) == sorted(expected.tolist())
        tokens = torch.zeros(1, 1, 1)
        entry = Entry(
            tokens, tokens[0], torch.ones(1), torch.tensor([step]), torch.zeros(1, dtype=torch.bool)
        )
        bank = bank or MemoryBank.empty(policy.capacity, like=entry)
        bank = bank.write(entry, policy.slot_for(entry, bank))
        assert set(bank.frame[bank.used].tolist()) == set(held.tolist())


def tokens(inner):
    return None if inner is None else inner.flatten(2).transpose(1, 2)[:, TOKENS]


def same(ours, theirs):
    assert np.abs(ours.numpy() - theirs).max() < CLOSE
