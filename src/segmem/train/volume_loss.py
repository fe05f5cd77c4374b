"""What a scan's answers are measured by: masks, their predicted quality, and which classes are there."""

import torch
from torch import Tensor
from torch.nn import functional as F

from segmem.core import Settings
from segmem.nn.lapg_network import Prepared
from segmem.train.marginal import marginal

SMOOTH = 1.0  # pixels


class VolumeLossSettings(Settings):
    """Weights of the parts of the loss (the notes on LAPG, section 3.1)."""

    coarse: float = 1.0
    """Of the generator's last coarse masks."""
    earlier: float = 0.4
    """Of those of its earlier layers."""
    fine: float = 1.0
    """Of the mask decoder's answer."""
    pixel: float = 1.0
    """Of cross-entropy beside Dice, in both."""
    focus: float = 0.0
    """The exponent that makes of cross-entropy a focal loss."""
    quality: float = 0.5
    """Of the distance of predicted to true IoU."""
    presence: float = 0.1
    """Of binary cross-entropy of which classes are on a slice."""


def map_loss(
    logits: Tensor, labels: Tensor, settings: VolumeLossSettings, told: Tensor | None = None
) -> Tensor:
    """Soft Dice of foreground classes over all slices together, plus `pixel` times (focal) cross-entropy.

    Dice is taken over the batch, so that a slice without a class is no special case. A class that a slice's labels do
    not tell counts as background there (`marginal`).

    Args:
        logits: (N, K, h, w). A finer grid of labels is averaged where it is more than twice as fine; else logits are
            brought to it.
        labels: (N, H, W) class ids; of classes that are told.
        settings: weights.
        told: (N, K) bool, background among them; None: all.
    """
    logits = logits.float()
    truth = F.one_hot(labels.long(), logits.shape[1]).movedim(-1, 1).float()
    if labels.shape[-1] > 2 * logits.shape[-1]:
        truth = F.interpolate(truth, logits.shape[-2:], mode="area")
    elif labels.shape[-2:] != logits.shape[-2:]:
        logits = F.interpolate(logits, labels.shape[-2:], mode="bilinear", align_corners=False)
    log = (logits if told is None else marginal(logits, told)).log_softmax(dim=1)
    share = log.exp()
    inside = (share * truth).sum(dim=(0, 2, 3))[1:]
    either = (share + truth).sum(dim=(0, 2, 3))[1:]
    dice = 1 - ((2 * inside + SMOOTH) / (either + SMOOTH)).mean()
    surprise = -truth * log * (1 - share) ** settings.focus if settings.focus else -truth * log
    return dice + settings.pixel * surprise.sum(dim=1).mean()


def proposal_loss(
    prepared: Prepared, labels: Tensor, settings: VolumeLossSettings, told: Tensor | None = None
) -> Tensor:
    """Of what the prompt generator says of N slices: coarse masks after each layer, and presence; `told` as in
    `map_loss`."""
    loss = prepared.presence.float().sum() * 0
    layers = prepared.coarse.unbind(dim=1)
    for number, coarse in enumerate(layers, start=1):
        weight = settings.coarse if number == len(layers) else settings.earlier
        loss = loss + weight * map_loss(coarse, labels, settings, told)
    if layers:
        there = torch.stack([(labels == k).flatten(1).any(dim=1) for k in _foreground(prepared)], dim=1)
        wrong = F.binary_cross_entropy_with_logits(prepared.presence.float(), there.float(), reduction="none")
        loss = loss + settings.presence * _mean(wrong, told)
    return loss


def answer_loss(
    logits: Tensor,
    quality: Tensor,
    labels: Tensor,
    settings: VolumeLossSettings,
    told: Tensor | None = None,
) -> Tensor:
    """Of the decoder's answer to N slices: the map, and the predicted IoU (N, K - 1) of each foreground class; `told`
    as in `map_loss`."""
    miss = _mean((quality.float() - true_quality(logits, labels)).abs(), told)
    return settings.fine * map_loss(logits, labels, settings, told) + settings.quality * miss


def _mean(each: Tensor, told: Tensor | None) -> Tensor:
    """Of (N, K - 1) values of foreground classes, over those that are told; zero where none is."""
    if told is None:
        return each.mean()
    of = told[:, 1:]
    return (each * of).sum() / of.sum().clamp(min=1)


@torch.no_grad()
def true_quality(logits: Tensor, labels: Tensor) -> Tensor:
    """(N, K - 1) IoU of each foreground class; 1 where it is neither there nor found."""
    if labels.shape[-2:] != logits.shape[-2:]:
        logits = F.interpolate(logits.float(), labels.shape[-2:], mode="bilinear", align_corners=False)
    found = logits.max(dim=1).indices
    each = []
    for k in range(1, logits.shape[1]):
        mine, theirs = (found == k).flatten(1), (labels == k).flatten(1)
        union = (mine | theirs).sum(dim=1)
        each.append(torch.where(union > 0, (mine & theirs).sum(dim=1) / union.clamp(min=1), 1.0))
    return torch.stack(each, dim=1)


def _foreground(prepared: Prepared) -> range:
    return range(1, prepared.presence.shape[1] + 1)
