"""From clips to one loss: frames pass through the model in order, with the state carried."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import torch
from einops import rearrange
from torch import Tensor, nn

from segmem.core import Features
from segmem.ops.intensity import normalise
from segmem.segmenter import MemorySegmenter
from segmem.state import State
from segmem.train.labelled_classes import told_frames
from segmem.train.loss import LabelledLoss


class ClipObjective(nn.Module):
    """A module, so that devices, precision and processes can wrap one forward pass of whole clips.

    Args:
        model: what learns.
        memory: whether frames pass through the memory.
        back: frames at a clip's end that are back-propagated through.
        stride: the memory policy's; each frame of a clip counts as so many frames of the video, so that
            each is remembered, as every `stride`-th one is in use.
        known_first: whether a clip's first frame is remembered with its label.
        gate: whether the memory's gate is taught too.
        apart: whether the 2D network learns from frames alone, and the memory from features it does not change.
    """

    def __init__(
        self,
        model: MemorySegmenter,
        memory: bool,
        back: int,
        stride: int,
        known_first: bool = False,
        gate: bool = False,
        apart: bool = False,
    ) -> None:
        super().__init__()
        self.known_first, self.gate, self.apart = known_first, gate, apart
        self.model, self.memory, self.back, self.stride = model, memory, back, stride
        self.loss = LabelledLoss()

    def forward(
        self,
        frames: Tensor,
        labels: Tensor,
        labelled: Tensor,
        corrupted: Tensor | None = None,
        told: Tensor | None = None,
    ) -> Tensor:
        """The loss of a batch.

        Args:
            frames: (B, T, 3, H, W) uint8.
            labels: (B, T, H, W) uint8.
            labelled: (B, T) bool; other frames only feed the memory.
            corrupted: (B, T, H, W) in 0..1, how far each pixel is spoilt: what the gate is taught, where it is.
            told: (B, K) bool, classes that a clip's labels tell, background among them; None: all.
        """
        if not self.memory:
            return self._alone(frames, labels, labelled, told)
        if not self.apart:
            return self._remembering(frames, labels, labelled, corrupted, told)
        with still(self.model.base_parameters()):
            loss = self._remembering(frames, labels, labelled, corrupted, told)
        return loss + self._alone(frames, labels, labelled, told)

    def _alone(self, frames: Tensor, labels: Tensor, labelled: Tensor, told: Tensor | None) -> Tensor:
        """The loss of the 2D network on the labelled frames of clips."""
        prediction, _ = self.model.step(_ready(frames[labelled]), State.start(), recall=False)
        return self._measure(prediction.logits, labels[labelled], told_frames(told, labelled))

    def _remembering(
        self,
        frames: Tensor,
        labels: Tensor,
        labelled: Tensor,
        corrupted: Tensor | None,
        told: Tensor | None,
    ) -> Tensor:
        """The loss of clips that pass through the memory."""
        warm = max(0, frames.shape[1] - self.back)
        state = State.start()
        given = self.known_first and told is None and bool(labelled[:, 0].all())
        first = self._apart(labels[:, 0]) if given else None
        if warm:
            with torch.no_grad():
                _, state = self._run(self._encode(frames[:, :warm]), state, 0, first)
        moments = self._encode(frames[:, warm:])
        logits, _ = self._run(moments, state.detach(), warm, first)
        known = labelled[:, warm:]
        loss = self._measure(logits[known], labels[:, warm:][known], told_frames(told, known))
        if self.gate and corrupted is not None:
            spoilt = corrupted[:, warm:].unbind(dim=1)
            loss = loss + torch.stack([*map(self.model.memory.gate_loss, moments, spoilt)]).mean()
        return loss

    def _encode(self, frames: Tensor) -> list[Features]:
        """The features of each moment of (B, T, 3, H, W); all are encoded in one batch."""
        encoded = self.model.encode(_ready(rearrange(frames, "b t c h w -> (t b) c h w")))
        return _moments(encoded, *frames.shape[:2])

    def _run(
        self, moments: list[Features], state: State, first: int, known: Tensor | None
    ) -> tuple[Tensor, State]:
        """Logits (B, T, K, H, W) of consecutive frames; `known` (B, K - 1, H, W) is what the first shows."""
        logits = []
        for place, features in enumerate(moments):
            number = first + place
            state = replace(state, frame=number * self.stride)
            prediction, state = self.model.step(features, state, known=None if number else known)
            logits.append(prediction.logits)
        return torch.stack(logits, dim=1), state

    def _apart(self, labels: Tensor) -> Tensor:
        """(B, K - 1, H, W) of label maps (B, H, W): a mask for each class of foreground."""
        ids = torch.arange(1, len(self.model.spec.classes), device=labels.device)
        return (labels[:, None] == ids[:, None, None]).float()

    def _measure(self, logits: Tensor, labels: Tensor, told: Tensor | None) -> Tensor:
        with torch.autocast(logits.device.type, enabled=False):
            loss: Tensor = self.loss(logits, labels, told)
        return loss


@contextmanager
def still(parameters: Iterable[nn.Parameter]) -> Iterator[None]:
    """Meanwhile these parameters get no gradient; what is computed from them may still pass one on."""
    learning = [parameter for parameter in parameters if parameter.requires_grad]
    for parameter in learning:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in learning:
            parameter.requires_grad_()


class GateObjective(nn.Module):
    """Teaches the memory's gate which frames are spoilt, from the augmentation that spoilt them.

    Args:
        model: whose gate learns; nothing else does.
    """

    def __init__(self, model: MemorySegmenter) -> None:
        super().__init__()
        self.model = model

    def forward(self, frames: Tensor, corrupted: Tensor) -> Tensor:
        """The gate's loss over frames (B, T, 3, H, W) uint8, with `corrupted` (B, T, H, W) in 0..1."""
        with torch.no_grad():
            features = self.model.encode(_ready(frames.flatten(0, 1)))
        return self.model.memory.gate_loss(features, corrupted.flatten(0, 1))


def _ready(frames: Tensor) -> Tensor:
    """Bytes (N, 3, H, W) as the network takes them, channels last: a third faster on CPUs, more in bf16."""
    return normalise(frames, 0, 255).contiguous(memory_format=torch.channels_last)


def _moments(features: Features, clips: int, length: int) -> list[Features]:
    """The features of each frame of (T B) ones."""
    tops = torch.split(features.top, clips)
    skips = [torch.split(skip, clips) for skip in features.skips]
    return [Features(tops[t], tuple(skip[t] for skip in skips)) for t in range(length)]
