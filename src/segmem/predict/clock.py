"""Counts the seconds of each part of a run. Parts that run beside each other are counted each."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TypeVar, cast

import torch
from torch import Tensor, nn

from segmem.core import Features
from segmem.manifest import Timings
from segmem.memory import ClassSums, LastAnswer, Memory
from segmem.nn.case_reader import CaseNetwork
from segmem.nn.feature_memory import Looked
from segmem.nn.promptable import PromptableNetwork
from segmem.prompted import PromptedSegmenter
from segmem.segmenter import MemoryParts, MemorySegmenter
from segmem.state import Segmenter

PARTS = ("decode", "encode", "memory", "head", "write")
T = TypeVar("T")


class Clock:
    """Seconds by part since it was made, and the frames that were segmented in them.

    `decode` reads files, `encode` is the image encoder, `memory` looks back and remembers, `head` is the
    network's decoder and the way back to the input's size, `write` makes files of labels.
    """

    def __init__(self, device: torch.device | None = None) -> None:
        self.seconds = dict.fromkeys(PARTS, 0.0)
        self.frames = 0
        self._began = perf_counter()
        self._wait = device is not None and device.type == "cuda"

    @contextmanager
    def part(self, name: str, inside: str | None = None) -> Iterator[None]:
        """Count what happens within; a part `inside` another is taken from it."""
        start = self._now()
        yield
        spent = self._now() - start
        self.seconds[name] += spent
        if inside is not None:
            self.seconds[inside] -= spent

    def reading(self, frames: Iterable[T]) -> Iterator[T]:
        """The same frames; the time it takes to get each one is counted as `decode`."""
        iterator = iter(frames)
        while True:
            start = perf_counter()
            try:
                frame = next(iterator)
            except StopIteration:
                return
            finally:
                self.seconds["decode"] += perf_counter() - start
            yield frame

    def add(self, other: "Clock") -> None:
        """Count another's parts and frames too."""
        self.frames += other.frames
        for name, seconds in other.seconds.items():
            self.seconds[name] += seconds

    def total(self) -> float:
        """Seconds since it was made."""
        return round(perf_counter() - self._began, 3)

    def timings(self) -> Timings:
        """What a manifest says of them."""
        total = max(self.total(), 1e-3)
        whole = sum(self.seconds.values()) or 1.0
        return Timings(
            total_s=total,
            frames_per_s=round(self.frames / total, 2),
            seconds={name: round(s, 3) for name, s in self.seconds.items()},
            share={name: round(s / whole, 3) for name, s in self.seconds.items()},
        )

    def _now(self) -> float:
        if self._wait:
            torch.cuda.synchronize()  # a kernel that is only queued has cost nothing yet
        return perf_counter()


class TimedMemory(nn.Module):
    """Memory parts whose time is counted."""

    def __init__(self, parts: MemoryParts, clock: Clock) -> None:
        super().__init__()
        self.parts = parts
        self.clock = clock

    def attend(self, features: Features, memory: Memory | None) -> Looked:
        with self.clock.part("memory", inside="head"):
            return self.parts.attend(features, memory)

    def settle(self, logits: Tensor, looked: Looked, known: ClassSums | None) -> Tensor:
        with self.clock.part("memory", inside="head"):
            return self.parts.settle(logits, looked, known)

    def steady(
        self, logits: Tensor, features: Features, last: LastAnswer | None
    ) -> tuple[Tensor, LastAnswer | None]:
        with self.clock.part("memory", inside="head"):
            return self.parts.steady(logits, features, last)

    def memorise(self, looked: Looked, foreground: Tensor) -> Tensor:
        with self.clock.part("memory", inside="head"):
            return self.parts.memorise(looked, foreground)

    def learn(self, looked: Looked, probabilities: Tensor, known: ClassSums | None) -> ClassSums | None:
        with self.clock.part("memory", inside="head"):
            return self.parts.learn(looked, probabilities, known)


class TimedNetwork(nn.Module):
    """A promptable network whose memory's time is counted."""

    def __init__(self, network: PromptableNetwork, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.network = network
        self.encode, self.alone, self.decode = network.encode, network.alone, network.decode
        self.mask_prompt, self.pointer = network.mask_prompt, network.pointer
        self.mask_size, self.memory_numbers = network.mask_size, network.memory_numbers
        self.memory_parameters = network.memory_parameters
        self.reads_masks, self.mends = network.reads_masks, network.mends

    def attend(self, top: Tensor, memory: Memory, pointers: Memory | None, horizon: int) -> Tensor:
        with self.clock.part("memory", inside="head"):
            return self.network.attend(top, memory, pointers, horizon)

    def look_at_cases(self, top: Tensor, memory: Memory, code: Tensor) -> Tensor:
        with self.clock.part("memory", inside="head"):
            return cast(CaseNetwork, self.network).look_at_cases(top, memory, code)

    def case_tokens(self, tokens: Tensor) -> Tensor:
        return cast(CaseNetwork, self.network).case_tokens(tokens)

    def memorise(self, top: Tensor, mask: Tensor, presence: Tensor) -> Tensor:
        with self.clock.part("memory", inside="head"):
            return self.network.memorise(top, mask, presence)


def timed(model: Segmenter, clock: Clock) -> Segmenter:
    """The same model, sharing every weight, whose memory's time is counted."""
    if isinstance(model, PromptedSegmenter):
        network = TimedNetwork(model.network, clock)
        return PromptedSegmenter(
            network,
            model.policy,
            model.pointer_policy,
            model.spec,
            model.together,
            model.temporal,
            model.across,
        ).eval()
    if isinstance(model, MemorySegmenter):
        return MemorySegmenter(
            model.get_submodule("network"), TimedMemory(model.memory, clock), model.policy, model.spec
        ).eval()
    return model
