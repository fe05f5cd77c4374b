"""From clips of slices to one loss: the two stages of a scan, as in use."""

from dataclasses import replace

import torch
from einops import rearrange
from torch import Tensor, nn

from segmem.core import Features, Prediction
from segmem.nn.lapg_network import Prepared
from segmem.ops.intensity import normalise
from segmem.state import State
from segmem.train.labelled_classes import told_frames
from segmem.train.volume_loss import VolumeLossSettings, answer_loss, proposal_loss
from segmem.two_stages import taken
from segmem.volumetric import VolumeSegmenter


class VolumeObjective(nn.Module):
    """Stage 1 alone, or both stages: up to `keys` slices of a clip are answered alone and pinned, then all of them in
    order, each looking back.

    Which slices are keys, and how many, comes from torch's own random state.

    Args:
        model: what learns.
        memory: whether slices look back.
        back: slices after which back-propagation through memory ends.
        settings: weights of the loss.
    """

    def __init__(self, model: VolumeSegmenter, memory: bool, back: int, settings: VolumeLossSettings) -> None:
        super().__init__()
        self.model, self.memory, self.back, self.settings = model, memory, back, settings

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
            labelled: (B, T) bool; other slices are seen by their neighbours and by memory only.
            corrupted: not looked at.
            told: (B, K) bool, classes that a clip's labels tell, background among them; None: all.
        """
        del corrupted
        slices = frames.shape[1]
        features = self.model.encode(ready(rearrange(frames, "b t c h w -> (b t) c h w")), slices)
        flat = rearrange(labels, "b t h w -> (b t) h w")
        known = rearrange(labelled, "b t -> (b t)")
        if not bool(known.any()):
            return features.top.sum() * 0
        prepared = Prepared.unpacked(features)
        with torch.autocast(frames.device.type, enabled=False):
            rows = Prepared.unpacked(taken(features, known.nonzero()[:, 0].tolist()))
            each = told_frames(told, labelled)
            loss = proposal_loss(rows, flat[known], self.settings, each)
        if not self.memory:
            return loss + self._answer(self.model.decode(prepared, prepared.top), flat, known, each)
        moments = [taken(features, list(range(t, len(features.top), slices))) for t in range(slices)]
        first, second = self._both(moments, labels, labelled, told)
        return loss + 0.5 * first + second

    def _both(
        self, moments: list[Features], labels: Tensor, labelled: Tensor, told: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Mean losses of the keys, answered alone, and of all slices, looking back."""
        state, alone, seen = State.start(len(moments)), [], []
        for key in _some(len(moments), self.model.keys):
            prediction, state = self.model.step(
                moments[key], replace(state, frame=key), recall=False, memorise=True, pinned=True
            )
            each = told_frames(told, labelled[:, key : key + 1])
            alone.append(self._answer(prediction, labels[:, key], labelled[:, key], each))
        state = replace(state, frame=0)
        for t, features in enumerate(moments):
            if t and t % self.back == 0:
                state = state.detach()
            prediction, state = self.model.step(features, state)
            each = told_frames(told, labelled[:, t : t + 1])
            seen.append(self._answer(prediction, labels[:, t], labelled[:, t], each))
        nothing = seen[0] * 0
        return torch.stack(alone or [nothing]).mean(), torch.stack(seen).mean()

    def _answer(self, prediction: Prediction, labels: Tensor, known: Tensor, told: Tensor | None) -> Tensor:
        """Of slices that are known; `told` has a row for each of those."""
        if not bool(known.any()) or prediction.quality is None:
            return prediction.logits.sum() * 0
        with torch.autocast(labels.device.type, enabled=False):
            return answer_loss(
                prediction.logits[known],
                prediction.quality[known],
                labels[known],
                self.settings,
                told,
            )


def _some(length: int, most: int) -> list[int]:
    """None to `most` of `length` slices, drawn."""
    count = min(length, int(torch.randint(most + 1, ())))
    return sorted(torch.randperm(length)[:count].tolist())


def ready(frames: Tensor) -> Tensor:
    """Bytes (N, 3, H, W) as the network takes them."""
    return normalise(frames, 0, 255)
