"""Training clips, each a pure function of where in training it is drawn, so that a resumed run sees the same."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segmem.data.cache import CachedCase
from segmem.data.features import features_of, grid_labels
from segmem.data.prompts import PromptSettings
from segmem.data.runs import Runs, run_around
from segmem.ops.augment import AugmentSettings, augment
from segmem.ops.chance import pick
from segmem.ops.fit import FitSettings

PADDING = (124, 116, 104)  # the ImageNet mean in bytes: what a model sees where a frame is padded
Order = NDArray[np.intp]
OneObject = Literal["foreground", "any"]


@dataclass(frozen=True, slots=True)
class Source:
    """Cases that are drawn from together.

    Attributes:
        cases: at least one, each with a labelled frame.
        weight: how often, relative to the other sources.
        name: by which a stage names it.
        prompts: what is said of its objects, where objects are prompted; None leaves it to the stage.
        classes: which its labels tell, background among them; None: all.
        gate_only: whether its labels are not to be learnt.
    """

    cases: Sequence[CachedCase]
    weight: float = 1.0
    name: str = ""
    prompts: PromptSettings | None = None
    classes: tuple[int, ...] | None = None
    gate_only: bool = False


@dataclass(frozen=True, slots=True)
class ClipPlan:
    """What one stage draws.

    Attributes:
        batch: clips a step.
        length: frames a clip.
        stride: frames between two of a clip, on average.
        grid: (H, W) of what is drawn.
        augment: how it is changed.
        fit: how labels come to the grid where features are drawn in place of frames.
        one_object: show one class of each clip, drawn anew, as class 1: of the foreground, or any.
        padding: the colour outside a frame.
        around: how many frames before and after those it visits the encoder looks at, where kept features are finished
            as they are learnt from; None where they are whole.
    """

    batch: int
    length: int
    stride: int
    grid: tuple[int, int]
    augment: AugmentSettings
    fit: FitSettings
    one_object: OneObject | None = None
    padding: tuple[int, int, int] = PADDING
    around: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Clips to learn from.

    Attributes:
        frames: (B, T, 3, H, W) uint8; or features (B, T, C, h, w) bfloat16, which are not changed any more; or, where
            they are still to be finished, runs.
        labels: (B, T, H, W) uint8 class ids.
        labelled: (B, T) bool; a frame without a label gives no loss, but the memory reads it.
        corrupted: (B, T, H, W) in 0..1, how far each pixel is spoilt.
        prompts: of each clip's source.
        classes: which each clip's labels tell, background among them; None: all.
    """

    frames: Tensor | Runs
    labels: Tensor
    labelled: Tensor
    corrupted: Tensor
    prompts: tuple[PromptSettings | None, ...] = ()
    classes: tuple[tuple[int, ...] | None, ...] = ()


def sample_batch(
    sources: Sequence[Source], plan: ClipPlan, seed: int, stage: str, step: int, rank: int = 0
) -> Batch:
    """The clips of one step. Same arguments, same clips, on any machine and after any interruption."""
    first = rank * plan.batch
    clips = [_draw(sources, plan, generator(seed, stage, step, first + place)) for place in range(plan.batch)]
    tensors, runs, drawn = zip(*clips, strict=True)
    seen, labels, labelled, corrupted = (torch.stack(parts) for parts in zip(*tensors, strict=True))
    frames = seen if plan.around is None else Runs(runs, seen)
    prompts, classes = tuple(one.prompts for one in drawn), tuple(one.classes for one in drawn)
    return Batch(frames, labels, labelled, corrupted, prompts, classes)


def generator(seed: int, stage: str, step: int, place: int) -> torch.Generator:
    """Randomness of one clip, independent of every other clip's."""
    digest = hashlib.sha256(f"{seed}/{stage}/{step}/{place}".encode()).digest()
    made = torch.Generator()
    made.manual_seed(int.from_bytes(digest[:7], "little"))
    return made


def _draw(
    sources: Sequence[Source], plan: ClipPlan, random: torch.Generator
) -> tuple[tuple[Tensor, Tensor, Tensor, Tensor], Tensor | None, Source]:
    """What a clip shows (where in its run each frame is, if it has one), its labels, which are known, which are spoilt;
    its run; where it is from."""
    weights = torch.tensor([source.weight for source in sources])
    source = sources[int(torch.multinomial(weights, 1, generator=random))]
    case = source.cases[int(torch.randint(len(source.cases), (1,), generator=random))]
    order = frame_order(case.labelled, plan.length, plan.stride, random)
    unique, place = np.unique(order, return_inverse=True)
    if case.features is not None:
        known = torch.from_numpy(np.array(case.labelled[order]))
        maps = grid_labels(case, unique, plan.fit)[place]
        told = maps, known, torch.zeros_like(maps, dtype=torch.bool)
        if plan.around is None:
            return (features_of(case, unique)[place], *told), None, source
        first, last = run_around(order, plan.around, case.length)
        run = features_of(case, np.arange(first, last + 1))
        return (torch.from_numpy(order - first), *told), run, source
    frames = torch.from_numpy(np.array(case.frames[unique]))[place]
    labels = torch.from_numpy(np.array(case.labels[unique]))[place]
    if plan.one_object:
        labels = one_object(labels, plan.one_object, random)
    labelled = torch.from_numpy(np.array(case.labelled[order]))
    still = case.length == 1 and plan.length > 1
    changed = augment(frames, labels, plan.grid, plan.augment, random, padding=plan.padding, motion=still)
    return (changed.frames, changed.labels, labelled, changed.corrupted), None, source


def one_object(labels: Tensor, which: OneObject, random: torch.Generator) -> Tensor:
    """(T, H, W) of 0 and 1: one of the classes that the clip's first frame shows; of the clip, if that shows none.

    With "any" the background is one of them: a network that sees the present alone cannot know which is meant.
    """
    for shown in (labels[0], labels):
        ids = np.unique(shown.numpy())
        if (ids > 0).any():
            choice = ids if which == "any" else ids[ids > 0]
            return labels.eq(int(choice[pick(len(choice), random)])).to(labels.dtype)
    return torch.zeros_like(labels)


def frame_order(
    labelled: NDArray[np.bool_],
    length: int,
    stride: int,
    random: torch.Generator,
) -> Order:
    """Which frames a clip visits, in order; the last one is labelled.

    The step is drawn from 1 to 2 * `stride` - 1 and the direction of time is random. A clip that would leave
    the case turns back at its end, as a film run backwards.

    Args:
        labelled: (T,) which frames of the case have labels; at least one.
        length: frames of the clip.
        stride: mean step between them.
    """
    known = np.flatnonzero(labelled)
    last = int(known[int(torch.randint(len(known), (1,), generator=random))])
    step = 1 + int(torch.randint(2 * stride - 1, (1,), generator=random))
    sign = 1 - 2 * int(torch.randint(2, (1,), generator=random))
    wanted = last - sign * step * np.arange(length - 1, -1, -1)
    return _reflect(wanted, len(labelled))


def _reflect(index: Order, length: int) -> Order:
    if length == 1:
        return np.zeros_like(index)
    period = 2 * (length - 1)
    folded = np.mod(index, period)
    back: Order = np.minimum(folded, period - folded)
    return back
