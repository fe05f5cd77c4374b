"""BatchNorm in training: frozen, learning, or its statistics estimated anew."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from segmem.ops.intensity import normalise
from segmem.prompted import PromptedSegmenter
from segmem.segmenter import MemorySegmenter
from segmem.state import State
from segmem.train.prompted_objective import seen
from segmem.volumetric import VolumeSegmenter


def norms(model: nn.Module) -> list[_BatchNorm]:
    """Every BatchNorm in it."""
    return [part for part in model.modules() if isinstance(part, _BatchNorm)]


def set_training(model: nn.Module, freeze_norm: bool) -> None:
    """Training mode, with BatchNorm in evaluation mode where it is frozen."""
    model.train()
    for part in norms(model):
        part.train(not freeze_norm and _learns(part))


def _learns(part: _BatchNorm) -> bool:
    """Whether it belongs to what is trained; the statistics of a frozen encoder are as fixed as its weights."""
    return part.weight is None or part.weight.requires_grad


@torch.no_grad()
def estimate(model: MemorySegmenter | VolumeSegmenter | PromptedSegmenter, batches: Iterable[Tensor]) -> None:
    """Give BatchNorm the mean statistics of `batches` under the present weights.

    Averaged weights need it: the running statistics are those of the weights the optimiser was at.

    Args:
        model: left in evaluation mode.
        batches: clips (B, T, 3, H, W) uint8, on the model's device.
    """
    parts = [part for part in norms(model) if _learns(part)]
    momenta = [part.momentum for part in parts]
    model.eval()
    for part in parts:
        part.reset_running_stats()
        part.momentum = None  # a plain mean over batches
        part.train()
    for clips in batches if parts else ():
        _look(model, clips)
    for part, momentum in zip(parts, momenta, strict=True):
        part.momentum = momentum
    model.eval()


def _look(model: MemorySegmenter | VolumeSegmenter | PromptedSegmenter, clips: Tensor) -> None:
    """Each frame by itself, but slices with their neighbours; of a promptable network only the encoder has norms."""
    if isinstance(model, PromptedSegmenter):
        seen(model, clips.flatten(0, 1))
        return
    frames = normalise(clips.flatten(0, 1), 0, 255)
    given = model.encode(frames, clips.shape[1]) if isinstance(model, VolumeSegmenter) else frames
    model.step(given, State.start(), recall=False)
