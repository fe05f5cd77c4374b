"""Frames to features where an encoder looks at several of them: a clip at once, or the next frame of a stream."""

from dataclasses import replace
from typing import Protocol

import torch
from einops import rearrange
from torch import Tensor

from segmem.core import Features
from segmem.memory.sound import sound
from segmem.nn.temporal_adapter import Passage, Past
from segmem.ops.beside import beside
from segmem.state import State


class ClipEncoder(Protocol):
    """Encodes images (B * T, 3, H, W) of which T each belong together."""

    def encode(self, frame: Tensor, passage: Passage | None = None) -> Features: ...


def encode_clip(network: ClipEncoder, frames: Tensor, past: Past = ()) -> tuple[list[Features], Past]:
    """Features of each of T frames of B streams, (B, T, 3, H, W), and what the encoder keeps for those that follow.

    Args:
        network: with temporal adapters, or without: frames are then encoded each for itself.
        frames: in order.
        past: what it kept of the frames before these; empty at a stream's beginning.
    """
    length = frames.shape[1]
    passage = Passage(length, past)
    together = network.encode(rearrange(frames, "b t c h w -> (b t) c h w"), passage)
    tops, *skips = (
        rearrange(x, "(b t) c h w -> t b c h w", t=length) for x in (together.top, *together.skips)
    )
    each = [Features(tops[t], tuple(skip[t] for skip in skips)) for t in range(length)]
    return each, tuple(passage.after)


class HalvedEncoder(Protocol):
    """An encoder in two halves: what is of each frame alone, and what looks at several."""

    def enter(self, frame: Tensor) -> Features: ...

    def finish(self, entered: Features, passage: Passage | None = None) -> Features: ...


def finish_clip(network: HalvedEncoder, entered: Tensor, past: Past = ()) -> tuple[list[Features], Past]:
    """The same as `encode_clip` of frames whose first half, (B, T, C, h, w), was done before and kept."""
    passage = Passage(entered.shape[1], past)
    together = network.finish(Features(rearrange(entered, "b t c h w -> (b t) c h w")), passage)
    each = rearrange(together.top, "(b t) c h w -> t b c h w", t=entered.shape[1])
    return [Features(top) for top in each], tuple(passage.after)


def encode_next(network: ClipEncoder, frame: Tensor, state: State) -> tuple[Features, State]:
    """Features of the frame (B, 3, H, W) that `state` waits for, and the state that has seen it.

    A stream of which the encoder keeps NaN or infinity begins anew with its next frame.
    """
    passage = Passage(1, state.past if state.past_frame == state.frame else ())
    features = network.encode(frame, passage)
    return features, replace(state, past=tuple(map(_sound, passage.after)), past_frame=state.frame + 1)


def _sound(kept: Tensor) -> Tensor:
    """(B, ...), with zeros, as before a first frame, in the place of rows that are not all numbers."""
    return torch.where(beside(sound(kept), kept), kept, 0.0)
