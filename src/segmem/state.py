"""What a stream carries from frame to frame, and what every segmenter promises of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Literal, Protocol, Self

import torch
from torch import Tensor, nn

from segmem.core import Features, Kind, Prediction
from segmem.core.prompt import PromptBatch
from segmem.memory import CaseMemory, ClassSums, LastAnswer, MemoryBank
from segmem.nn.temporal_adapter import Past
from segmem.ops.fit import Fit, FitSettings
from segmem.ops.intensity import IntensitySettings
from segmem.ops.volume_settings import VolumeSettings

BANKS = ("memory", "pointers")


@dataclass(frozen=True, slots=True)
class State:
    """All that a stream carries from one frame to the next. Owned by the caller, never by the model.

    Attributes:
        frame: number of the next frame.
        memory: what is remembered, a row a stream, or a row an object where objects are prompted.
        pointers: object pointers, a second bank with the same rows; None where the method has none.
        objects: ids of the prompted objects, in the order of their rows.
        length: frames of the whole stream, None if unknown.
        cases: what is known of other cases; None where a method has no such memory, or no bank was given.
        past: what the encoder's temporal adapters keep of the frames before; empty where they have seen none.
        past_frame: the frame that `past` leads up to; on any other one the encoder begins anew.
        classes: what the stream has shown of each class; None where nothing yet, or where the method does not ask.
        last: what was shown and answered last; None on the first frame, after one that was segmented without memory, or
            where the method does not ask.
    """

    frame: int
    memory: MemoryBank | None = None
    pointers: MemoryBank | None = None
    objects: tuple[int, ...] = ()
    length: int | None = None
    cases: CaseMemory | None = None
    past: Past = ()
    past_frame: int = 0
    classes: ClassSums | None = None
    last: LastAnswer | None = None

    @classmethod
    def start(cls, length: int | None = None, cases: CaseMemory | None = None) -> Self:
        """Before the first frame of a stream of `length` frames; None where that is not known."""
        return cls(frame=0, length=length, cases=cases)

    def fork(self) -> Self:
        """A copy that lives on by itself; `step` consumes the state it is given."""
        cases = None if self.cases is None else self.cases.fork()
        return replace(self._each(MemoryBank.fork), cases=cases)

    def detach(self) -> Self:
        """The same state, cut from the graph: where back-propagation through time ends."""
        cases = None if self.cases is None else self.cases.detach()
        past = tuple(one.detach() for one in self.past)
        classes = None if self.classes is None else self.classes.detach()
        last = None if self.last is None else self.last.detach()
        return replace(self._each(MemoryBank.detach), cases=cases, past=past, classes=classes, last=last)

    def with_objects(self, ids: tuple[int, ...], streams: int) -> Self:
        """The same with an empty row for every id that is new to it."""
        new = tuple(one for one in ids if one not in self.objects)
        if not new:
            return self
        wider = self._each(lambda bank: bank.widened(streams, len(new)))
        return replace(wider, objects=(*self.objects, *new))

    def mirrored(self, length: int) -> Self:
        """The same stream of `length` frames seen from its end: frame t is now frame length - 1 - t."""
        turned = self._each(lambda bank: bank.mirrored(length))
        return replace(turned, frame=length - 1 - self.frame, past=(), last=None)

    def _each(self, change: "_Change") -> Self:
        memory = None if self.memory is None else change(self.memory)
        pointers = None if self.pointers is None else change(self.pointers)
        return replace(self, memory=memory, pointers=pointers)

    def tensors(self) -> dict[str, Tensor]:
        """All of it by name, to be saved, but for the shared row of other cases, which is no stream's own.

        `from_tensors` is the inverse, and `with_cases` gives the shared row again.
        """
        named = {"frame": torch.tensor(self.frame)}
        if self.length is not None:
            named["length"] = torch.tensor(self.length)
        if self.objects:
            named["objects"] = torch.tensor(self.objects)
        for name in BANKS:
            bank = getattr(self, name)
            if bank is not None:
                named |= _named(name, bank)
        if self.cases is not None:
            named["room"] = torch.tensor(self.cases.room)
            if self.cases.overlay is not None:
                named |= _named("overlay", self.cases.overlay)
        if self.past:
            named["past_frame"] = torch.tensor(self.past_frame)
            named |= {f"past.{place:03}": kept for place, kept in enumerate(self.past)}
        if self.classes is not None:
            named |= {f"classes.{f.name}": getattr(self.classes, f.name) for f in fields(ClassSums)}
        if self.last is not None:
            named |= {f"last.{f.name}": getattr(self.last, f.name) for f in fields(LastAnswer)}
        return named

    @classmethod
    def from_tensors(cls, named: Mapping[str, Tensor]) -> Self:
        """The state that `tensors` wrote down."""
        objects = tuple(named["objects"].tolist()) if "objects" in named else ()
        length = int(named["length"]) if "length" in named else None
        cases = None
        if "room" in named:
            cases = CaseMemory(overlay=_bank(named, "overlay"), room=int(named["room"]))
        return cls(
            int(named["frame"]),
            _bank(named, "memory"),
            _bank(named, "pointers"),
            objects,
            length,
            cases,
            tuple(named[name] for name in sorted(named) if name.startswith("past.")),
            int(named["past_frame"]) if "past_frame" in named else 0,
            _classes(named),
            _last(named),
        )

    def with_cases(self, shared: MemoryBank | None, room: int = 0) -> Self:
        """The same with this bank of other cases; what its session wrote stays."""
        overlay = None if self.cases is None else self.cases.overlay
        return replace(self, cases=CaseMemory(shared, overlay, room))


class _Change(Protocol):
    def __call__(self, bank: MemoryBank, /) -> MemoryBank: ...


def _named(name: str, bank: MemoryBank) -> dict[str, Tensor]:
    return {f"{name}.{f.name}": getattr(bank, f.name) for f in fields(MemoryBank)}


def _bank(named: Mapping[str, Tensor], name: str) -> MemoryBank | None:
    stored = {f.name: named.get(f"{name}.{f.name}") for f in fields(MemoryBank)}
    there = {field: value for field, value in stored.items() if value is not None}
    return MemoryBank(**there) if there else None


def _classes(named: Mapping[str, Tensor]) -> ClassSums | None:
    if "classes.number" not in named:
        return None
    return ClassSums(**{f.name: named[f"classes.{f.name}"] for f in fields(ClassSums)})


def _last(named: Mapping[str, Tensor]) -> LastAnswer | None:
    if "last.picture" not in named:
        return None
    return LastAnswer(**{f.name: named[f"last.{f.name}"] for f in fields(LastAnswer)})


class Spec(Protocol):
    """What a segmenter knows of its input and output; `methods.spec.ModelSpec` is one."""

    @property
    def input(self) -> Kind | Literal["any"]: ...

    @property
    def classes(self) -> tuple[str, ...]: ...

    @property
    def fit(self) -> FitSettings: ...

    @property
    def intensity(self) -> IntensitySettings: ...

    @property
    def volume(self) -> VolumeSettings: ...

    @property
    def temperature(self) -> float: ...


class Segmenter(Protocol):
    """What `stream`, `segment` and the command need of a model, whatever its method."""

    @property
    def spec(self) -> Spec: ...

    def parameters(self) -> Iterator[nn.Parameter]: ...

    @property
    def prompted(self) -> bool:
        """Whether it segments objects that are prompted, rather than classes it names by itself."""
        ...

    def prepare(self, frames: Tensor, fit: Fit, window: tuple[float, float]) -> Tensor:
        """Frames (B, C, `fit.size`) in file units to (B, 3, `fit.grid`) as the network takes them."""
        ...

    def encode(self, frame: Tensor) -> Features:
        """Features of (B, 3, H, W), to be handed to `step`."""
        ...

    def step(
        self,
        frame: Tensor | Features,
        state: State,
        prompt: PromptBatch | None = None,
        *,
        recall: bool = True,
        memorise: bool | None = None,
    ) -> tuple[Prediction, State]:
        """One frame of each stream."""
        ...
