"""From clips to one loss where objects are prompted: one object a clip, prompted once, followed from there."""

from collections.abc import Callable, Iterator, Sequence

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.core import Features, Prediction
from segmem.core.prompt import PromptBatch
from segmem.data.prompts import PromptSettings, say
from segmem.data.runs import Runs
from segmem.data.sample import Batch
from segmem.memory import CaseMemory
from segmem.ops.fit import FitSettings, plan
from segmem.prompted import CELL, PromptedSegmenter
from segmem.state import State
from segmem.train.mask_loss import MIXES, mask_loss, overlap
from segmem.train.prompted_settings import PromptedSettings

LEAST = 16  # pixels of an object that is worth following
MEANT = 0.5  # IoU from which on the answer to a prompt is the object that was meant
WHOLE_BYTES = (0.0, 255.0)  # clips are bytes over the whole range of their case
Lesson = tuple[Tensor | Runs, Tensor, Tensor, tuple[PromptSettings | None, ...]]


class PromptedObjective(nn.Module):
    """Prompt the first frame that shows the object, follow it through the others, compare all.

    The prompted frame teaches where something learns that answers prompts; of a frame that memory has a part in, any
    coarse mask, by which memory alone says where the object is, is compared too. Where memory learns, a clip whose
    prompt was answered with something else (a box around a ring is answered with its inside) teaches it nothing:
    memory is to follow what was found, not to guess what was meant. What is drawn comes from torch's own random state.

    Args:
        model: what learns.
        back: frames at a clip's end that are back-propagated through.
        settings: which parts learn, what is said, and what counts.
        told: gives what is known of other cases at each step; by default nothing.
    """

    def __init__(
        self,
        model: PromptedSegmenter,
        back: int,
        settings: PromptedSettings | None = None,
        told: Callable[[PromptedSegmenter], CaseMemory | None] = lambda _: None,
    ) -> None:
        super().__init__()
        self.told = told
        self.model, self.back = model, back
        self.settings = settings or PromptedSettings()
        self.answers = any(part != "memory" for part in self.settings.parts)
        self.mix = MIXES[self.settings.loss]

    def forward(
        self,
        frames: Tensor | Runs,
        labels: Tensor,
        labelled: Tensor,
        prompts: Sequence[PromptSettings | None] = (),
    ) -> Tensor:
        """The loss of a batch of clips whose every frame is labelled.

        Args:
            frames: (B, T, 3, H, W) uint8, or features (B, T, C, h, w), or runs of what adapters have not seen yet.
            labels: (B, T, H, W) uint8 on the model's grid.
            labelled: (B, T) bool; frames without a label give no loss.
            prompts: of each clip's source; empty, or None, takes the settings'.
        """
        wishes = [one or self.settings.prompts for one in prompts or [None] * len(labels)]
        many = self.settings.objects
        wishes = [one for one in wishes for _ in range(many)]
        labels, labelled = (x.repeat_interleave(many, dim=0) for x in (labels, labelled))
        truth, good = choose_objects(labels, [one.whole for one in wishes])
        state, losses = State.start(labels.shape[1], self.told(self.model)), []
        length = labels.shape[1]
        for t, one in enumerate(self.moments(frames)):
            here = _for_each(one, many)
            prompt = self.said(truth[:, 0], wishes, here) if t == 0 else None
            prediction, state = self.model.step(here, state, prompt, memorise=t < length - 1)
            if t == length - 1 - self.back:
                state = state.detach()
            if prompt is not None:
                if self.answers:
                    asked = good & labelled[:, t] & ~_given(prompt, good)
                    losses.append(self._measure(prediction, truth[:, t, None], asked, memory=False))
                good = good & (overlap(prediction.logits[:, 1] > 0, truth[:, 0]) > MEANT)
            else:
                known = good & labelled[:, t]
                losses.append(self._measure(prediction, truth[:, t, None], known, memory=True))
        return torch.stack(losses).mean()

    def moments(self, frames: Tensor | Runs) -> Iterator[Features]:
        """Features of a batch of clips, frame by frame, each made when it is asked for where frames are encoded alone.

        An encoder with adapters looks at a case's true neighbours where it is given runs; of pictures, which are made
        anew for each clip, at those of the clip.
        """
        if isinstance(frames, Runs):
            clips = [
                self._finished(run.float(), p) for run, p in zip(frames.entered, frames.places, strict=True)
            ]
            yield from map(Features, rearrange(torch.stack(clips), "b t c h w -> t b c h w"))
        elif self.model.temporal is None or frames.dtype != torch.uint8:
            for t in range(frames.shape[1]):
                yield seen(self.model, frames[:, t])
        else:
            ready = _ready(self.model, rearrange(frames, "b t c h w -> (b t) c h w"))
            yield from self.model.encode_clip(rearrange(ready, "(b t) c h w -> b t c h w", b=len(frames)))[0]

    def _finished(self, run: Tensor, places: Tensor) -> Tensor:
        """(T, C, h, w) of the frames of one clip, from what was kept of its run."""
        each, _ = self.model.finish_clip(run[None])
        return torch.cat([each[place].top for place in places.tolist()])

    def said(self, masks: Tensor, wishes: Sequence[PromptSettings], here: Features) -> PromptBatch:
        """A prompt for each of the masks (B, H, W) on frames of these features."""
        h, w = here.top.shape[-2:]
        return say(masks, wishes, (h * CELL, w * CELL))

    def _measure(self, said: Prediction, truth: Tensor, known: Tensor, memory: bool) -> Tensor:
        """The mean over the rows that are `known`; with `memory`, a coarse mask counts too."""
        with torch.autocast(truth.device.type, enabled=False):
            quality = None if said.quality is None else said.quality[:, 0]
            loss = mask_loss(said.logits[:, 1:], truth, self.mix, quality)
            if memory and said.coarse is not None:
                loss = loss + mask_loss(said.coarse.float(), truth, self.mix)
            if said.presence is not None and said.presence.requires_grad:  # LiteMedSAM's is never in doubt
                there = truth.flatten(1).any(dim=1).float()
                missed = F.binary_cross_entropy_with_logits(said.presence[:, 0], there, reduction="none")
                loss = loss + self.mix.presence * missed
        return (loss * known).sum() / known.sum().clamp(min=1)


def seen(model: PromptedSegmenter, frame: Tensor) -> Features:
    """Features of frames (B, 3, H, W) uint8; or what they are, where they were encoded before."""
    if frame.dtype != torch.uint8:
        return Features(frame.float())
    return model.encode(_ready(model, frame))


def lesson_of(batch: Batch, device: torch.device) -> Lesson:
    """What the objective takes of a batch of clips."""
    return batch.frames.to(device), batch.labels.to(device), batch.labelled.to(device), batch.prompts


def choose_objects(labels: Tensor, whole: Sequence[float]) -> tuple[Tensor, Tensor]:
    """Masks (B, T, H, W) float of one object a clip that its first frame shows, and whether there is one (B,).

    Args:
        labels: (B, T, H, W) uint8; each class is an object.
        whole: of each clip, how likely all its classes together are the object.
    """
    chosen, good = [], []
    for clip, together in zip(labels, whole, strict=True):
        ids, counts = clip[0].unique(return_counts=True)
        there = [int(one) for one, count in zip(ids, counts, strict=True) if one > 0 and count >= LEAST]
        good.append(bool(there))
        if len(there) > 1 and float(torch.rand(())) < together:
            chosen.append((clip > 0).float())
        else:
            one = there[int(torch.randint(len(there), ()))] if there else 1
            chosen.append((clip == one).float())
    return torch.stack(chosen), torch.tensor(good, device=labels.device)


def _ready(model: PromptedSegmenter, frames: Tensor) -> Tensor:
    fit = plan((frames.shape[-2], frames.shape[-1]), FitSettings(longest=None, multiple=1))
    return model.prepare(frames.float(), fit, WHOLE_BYTES).contiguous(memory_format=torch.channels_last)


def _for_each(here: Features, many: int) -> Features:
    """Every frame so many times, encoded once."""
    if many == 1:
        return here
    top, *skips = (level.repeat_interleave(many, dim=0) for level in (here.top, *here.skips))
    return Features(top, tuple(skips))


def _given(prompt: PromptBatch, like: Tensor) -> Tensor:
    """(B,) bool: whose prompt is the answer itself."""
    if prompt.mask is None:
        return torch.zeros_like(like)
    return ~prompt.mask[:, 0].isnan().flatten(1).any(dim=1)
