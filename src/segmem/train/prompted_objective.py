"""From clips to one loss where objects are prompted: one object a clip, prompted once, followed from there."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.core import Features, PromptBatch
from segmem.prompted import PromptedSegmenter
from segmem.state import State

SLACK = 0.05  # a box is looser than the object by up to this share of the object's size
WHOLE = 0.25  # share of clips in which all classes together are the object
MASKS = 0.3  # share of clips that begin with a mask in place of a box
LEAST = 16  # pixels of an object that is worth following
MEANT = 0.5  # IoU from which on the answer to a prompt is the object that was meant


class PromptedObjective(nn.Module):
    """Prompt the first frame that shows the object, follow it through the others, compare all.

    The loss of a frame is Dice plus ten times focal loss of the mask, and the same of any coarse mask, by which
    memory alone says where the object is. A clip whose prompt was answered with something else (a box around a ring
    is answered with its inside) teaches nothing: memory is to follow what was found, not to guess what was meant.
    What is drawn comes from torch's own random state.

    Args:
        model: what learns.
        back: frames at a clip's end that are back-propagated through.
    """

    def __init__(self, model: PromptedSegmenter, back: int) -> None:
        super().__init__()
        self.model, self.back = model, back

    def forward(self, features: Tensor, labels: Tensor, labelled: Tensor) -> Tensor:
        """The loss of a batch of clips whose every frame is labelled.

        Args:
            features: (B, T, C, h, w).
            labels: (B, T, H, W) uint8 on the model's grid.
            labelled: (B, T) bool; frames without a label give no loss.
        """
        truth, good = choose_objects(labels)
        state = State.start(labels.shape[1])
        losses = []
        for t in range(features.shape[1]):
            prompt = prompt_of(truth[:, 0], MASKS) if t == 0 else None
            last = t == features.shape[1] - 1
            here = Features(features[:, t].float())
            prediction, state = self.model.step(here, state, prompt, memorise=not last)
            if t == features.shape[1] - 1 - self.back:
                state = state.detach()
            if t == 0:
                good = good & (overlap(prediction.logits[:, 1] > 0, truth[:, 0]) > MEANT)
            else:
                known = good & labelled[:, t]
                losses.append(
                    self._measure(prediction.logits[:, 1:], prediction.coarse, truth[:, t, None], known)
                )
        return torch.stack(losses).mean()

    def _measure(self, logits: Tensor, coarse: Tensor | None, truth: Tensor, known: Tensor) -> Tensor:
        with torch.autocast(logits.device.type, enabled=False):
            loss = mask_loss(logits, truth)
            if coarse is not None:
                loss = loss + mask_loss(coarse.float(), truth)
        return (loss * known).sum() / known.sum().clamp(min=1)


def mask_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """(B,) Dice loss plus ten times focal loss of logits (B, 1, h, w) against masks (B, 1, H, W) in 0..1."""
    if logits.shape[-2:] != truth.shape[-2:]:
        truth = F.interpolate(truth, logits.shape[-2:], mode="area")
    logits = logits.float().clamp(-20, 20)
    p = logits.sigmoid().flatten(1)
    y = truth.flatten(1)
    dice = 1 - (2 * (p * y).sum(1) + 1) / (p.sum(1) + y.sum(1) + 1)
    wrong = p * (1 - y) + (1 - p) * y
    surprise = F.binary_cross_entropy_with_logits(logits.flatten(1), y, reduction="none")
    return dice + 10 * (surprise * wrong**2).mean(1)


@torch.no_grad()
def overlap(mask: Tensor, truth: Tensor) -> Tensor:
    """(B,) IoU of masks (B, h, w) bool with others (B, H, W) in 0..1."""
    if mask.shape[-2:] != truth.shape[-2:]:
        truth = F.interpolate(truth[:, None], mask.shape[-2:], mode="area")[:, 0]
    inside = truth > MEANT
    either = (mask | inside).flatten(1).sum(1)
    return (mask & inside).flatten(1).sum(1) / either.clamp(min=1)


def choose_objects(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Masks (B, T, H, W) float of one object a clip that its first frame shows, and whether there is one (B,)."""
    chosen, good = [], []
    for clip in labels:
        ids, counts = clip[0].unique(return_counts=True)
        there = [int(one) for one, count in zip(ids, counts, strict=True) if one > 0 and count >= LEAST]
        good.append(bool(there))
        if len(there) > 1 and float(torch.rand(())) < WHOLE:
            chosen.append((clip > 0).float())
        else:
            one = there[int(torch.randint(len(there), ()))] if there else 1
            chosen.append((clip == one).float())
    return torch.stack(chosen), torch.tensor(good, device=labels.device)


def prompt_of(mask: Tensor, masks: float) -> PromptBatch:
    """A box around each mask (B, H, W), looser than it by chance; with probability `masks` the masks themselves."""
    if float(torch.rand(())) < masks:
        return PromptBatch((1,), mask=mask[:, None])
    return PromptBatch((1,), boxes=torch.stack([_loosened(tight_box(one), one) for one in mask])[:, None])


def tight_box(mask: Tensor) -> Tensor:
    """(4,) as (x0, y0, x1, y1) in pixels of a mask (H, W); the whole image where it is empty."""
    h, w = mask.shape
    rows, columns = mask.any(dim=1).nonzero()[:, 0], mask.any(dim=0).nonzero()[:, 0]
    if not len(rows):
        return mask.new_tensor([0, 0, w, h])
    return mask.new_tensor([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])


def _loosened(box: Tensor, mask: Tensor) -> Tensor:
    size = (box[2:] - box[:2]).repeat(2)
    outwards = box.new_tensor([-1, -1, 1, 1])
    loose = box + outwards * torch.rand(4).to(box) * SLACK * size
    h, w = mask.shape
    return torch.minimum(loose.clamp(min=0), box.new_tensor([w, h, w, h]))
