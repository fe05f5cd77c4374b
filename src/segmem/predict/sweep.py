"""Prompted frames first, then the rest of the clip from them forward, backward or both ways (SAM2, section 4)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor

from segmem.core import Prediction
from segmem.core.errors import PromptError
from segmem.predict.stream import OnFrames, Viewer

Direction = Literal["forward", "backward", "both"]
SURE = 32.0
FrameAt = Callable[[int], Tensor | None]
Tick = Callable[[], None]


class Sweep:
    """All prompts of one clip, and the way through it.

    Every prompted frame is segmented by itself first and pinned, so that each other frame sees all of them,
    those that come later too. That is more than a stream can know, and needs the frames in any order.

    Args:
        viewer: a promptable model.
        at: gives frame number t (C, H, W), or None after the last one.
        length: T, frames of the clip; None where nobody knows.
        prompts: by frame; at least one.

    Attributes:
        first, last: the first and the last prompted frame.

    Raises:
        PromptError: a prompted frame does not exist.
    """

    def __init__(self, viewer: Viewer, at: FrameAt, length: int | None, prompts: OnFrames) -> None:
        self.viewer, self.at = viewer, at
        self.first, self.last = min(prompts), max(prompts)
        self.said: dict[int, Prediction] = {}
        state = viewer.begin(length)
        for index in sorted(prompts):
            frame = at(index)
            if frame is None:
                raise PromptError(
                    f"A prompt is on frame {index}, which does not exist: the clip ends before it."
                )
            state = replace(state, frame=index)
            prediction, state = viewer.look(
                frame, state, prompts[index], recall=False, memorise=True, place=index
            )
            self.said[index] = _of(prediction, {prompt.object for prompt in prompts[index]})
        self.support = state

    def forward(self) -> Iterator[tuple[int, Tensor, Prediction]]:
        """From the first prompted frame to the clip's end: its number, the frame, what is on the model's grid."""
        state, index = replace(self.support.fork(), frame=self.first), self.first
        while (frame := self.at(index)) is not None:
            prediction, state = self.viewer.look(frame, state, place=index)
            yield index, frame, self._with_said(index, prediction)
            index += 1

    def backward(self, begin: int) -> Iterator[tuple[int, Tensor, Prediction]]:
        """From frame `begin`, at most the last prompted one, to the clip's beginning."""
        state = replace(self.support.fork(), frame=begin).mirrored(self.last + 1)
        for index in range(begin, -1, -1):
            frame = self.at(index)
            if frame is None:
                return
            prediction, state = self.viewer.look(frame, state, place=index)
            yield index, frame, self._with_said(index, prediction)

    def each(self, length: int, direction: Direction, tick: Tick = lambda: None) -> Iterator[Prediction]:
        """Of each of `length` frames in order, at its own size; frames that no way leads to are background.

        Where both ways lead to a frame, the mean of the two is taken. `tick` is called after each look. All
        frames' answers of one way are held: for clips that are in memory themselves.
        """
        behind: dict[int, Prediction] = {}
        if direction != "forward":
            for index, _, prediction in self.backward(self.last):
                behind[index] = replace(prediction, logits=prediction.logits.half())
                tick()
        ahead = self.forward() if direction != "backward" else iter(())
        for index in range(length):
            found = behind.pop(index, None)
            if found is not None:
                found = replace(found, logits=found.logits.float())
            if direction != "backward" and index >= self.first:
                _, _, other = next(ahead)
                tick()
                found = other if found is None else mean(found, other)
            yield self.viewer.unfit(found or self.nothing())

    def _with_said(self, frame: int, prediction: Prediction) -> Prediction:
        """What was said of objects on the very frame stands."""
        said = self.said.get(frame)
        if said is None:
            return prediction
        logits = prediction.logits.clone()
        for place, one in enumerate(said.objects, start=1):
            logits[:, 1 + prediction.objects.index(one)] = said.logits[:, place]
        return replace(prediction, logits=logits)

    def nothing(self) -> Prediction:
        """All background, for a frame that no way leads to."""
        like = next(iter(self.said.values())).logits
        logits = torch.full(
            (1, 1 + len(self.support.objects), *like.shape[2:]), -1.0, dtype=like.dtype, device=like.device
        )
        logits[:, 0] = 0
        return Prediction(logits, logits.new_ones(1), self.support.objects)


def _of(prediction: Prediction, objects: set[int]) -> Prediction:
    """Only the channels of `objects`, after the background's."""
    kept = [place for place, one in enumerate(prediction.objects) if one in objects]
    channels = [0, *(1 + place for place in kept)]
    return Prediction(
        prediction.logits[:, channels], prediction.score, tuple(prediction.objects[place] for place in kept)
    )


@torch.inference_mode()
def mean(one: Prediction, other: Prediction) -> Prediction:
    """Of two answers to one frame. No way's certainty counts more than `SURE`: one that lost an object would else
    take it from the other."""
    logits = (one.logits.clamp(-SURE, SURE) + other.logits.clamp(-SURE, SURE)) / 2
    return replace(other, logits=logits, score=(one.score + other.score) / 2)
