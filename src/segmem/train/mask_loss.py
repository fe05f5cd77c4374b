"""What a mask costs: Dice, cross-entropy, focal loss and the error of the quality it is given, in a mix."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from segmem.core import Settings

INSIDE = 0.5  # of a pixel or a cell that is covered, from which on it counts as the object
LIMIT = 20.0  # logits beyond it are as sure as can be


class MaskMix(Settings):
    """How much each loss counts."""

    dice: float = 1.0
    """Of 1 - Dice."""
    squared: bool = False
    """Dice's denominator is of squares, smoothed by 1e-5 (MONAI's DiceCE as SAMed-2 uses it); else of sums, by 1."""
    cross_entropy: float = 0.0
    """Of binary cross-entropy."""
    focal: float = 10.0
    """Of focal loss (Lin et al. 2017), gamma 2."""
    alpha: float | None = None
    """Share of the object's pixels in it, against one minus it of the others; none weighs both alike."""
    iou: float = 0.0
    """Of the distance between the quality that the network predicts and the true IoU."""
    presence: float = 1.0
    """Of binary cross-entropy of whether the object is on the frame, where the network learns to say it (SAM2)."""


Mix = Literal["memory", "sam2", "released", "plain"]
MIXES: dict[Mix, MaskMix] = {
    "memory": MaskMix(),
    "sam2": MaskMix(focal=20.0, alpha=0.25, iou=1.0),
    "plain": MaskMix(cross_entropy=1.0, focal=0.0, iou=1.0),
    "released": MaskMix(squared=True, cross_entropy=1.0, focal=0.5, alpha=0.25, iou=0.5),
}
"""memory: what LiteMedSAM's memory learnt by; sam2: SAM2's and SAMed-2's paper; released: SAMed-2's code; plain: for
fresh weights, which focal loss brings to say that there is nothing anywhere."""


def mask_loss(
    logits: Tensor, truth: Tensor, mix: MaskMix = MIXES["memory"], quality: Tensor | None = None
) -> Tensor:
    """(B,) loss of logits (B, 1, h, w) against masks (B, 1, H, W) in 0..1.

    Args:
        logits: before the sigmoid.
        truth: taken as the share of each of the logits' cells, where it is larger.
        mix: how much each loss counts.
        quality: (B,) predicted IoU; None leaves its loss out.
    """
    truth = _to_size(truth, logits)
    logits = logits.float().clamp(-LIMIT, LIMIT).flatten(1)
    p, y = logits.sigmoid(), truth.flatten(1)
    surprise = F.binary_cross_entropy_with_logits(logits, y, reduction="none")
    loss = mix.dice * _dice(p, y, mix.squared) + mix.cross_entropy * surprise.mean(1)
    if mix.focal:
        wrong = p * (1 - y) + (1 - p) * y
        weight = 1.0 if mix.alpha is None else mix.alpha * y + (1 - mix.alpha) * (1 - y)
        loss = loss + mix.focal * (weight * surprise * wrong**2).mean(1)
    if mix.iou and quality is not None:
        reached = overlap(p.detach().view(truth.shape)[:, 0] > INSIDE, truth[:, 0])
        loss = loss + mix.iou * (quality.float() - reached).abs()
    return loss


def _dice(p: Tensor, y: Tensor, squared: bool) -> Tensor:
    """(B,) 1 - Dice of probabilities and masks (B, pixels)."""
    if squared:
        return 1 - (2 * (p * y).sum(1) + 1e-5) / (p.square().sum(1) + y.square().sum(1) + 1e-5)
    return 1 - (2 * (p * y).sum(1) + 1) / (p.sum(1) + y.sum(1) + 1)


@torch.no_grad()
def overlap(mask: Tensor, truth: Tensor) -> Tensor:
    """(B,) IoU of masks (B, h, w) bool with others (B, H, W) in 0..1; 0 where neither has a pixel."""
    inside = _to_size(truth[:, None], mask)[:, 0] > INSIDE
    either = (mask | inside).flatten(1).sum(1)
    return (mask & inside).flatten(1).sum(1) / either.clamp(min=1)


def _to_size(truth: Tensor, like: Tensor) -> Tensor:
    if truth.shape[-2:] == like.shape[-2:]:
        return truth
    return F.interpolate(truth, like.shape[-2:], mode="area")
