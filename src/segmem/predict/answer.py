"""What a prediction says, in numbers: a label map, and each class's area and confidence."""

from dataclasses import dataclass

import torch
from torch import Tensor

from segmem.core import Prediction


@dataclass(frozen=True, slots=True)
class Answer:
    """One frame's result, off the device.

    Attributes:
        labels: (H, W) uint8.
        area: pixels of each class, or of background and each prompted object.
        confidence: mean probability of each class over its own pixels; None where it has none.
        score: the model's own estimate of how good the answer is.
        objects: ids of the prompted objects; empty where there are classes.
        sure: (H, W) uint8, 255 times the probability of each pixel's label; None unless it was asked for.
    """

    labels: Tensor
    area: tuple[int, ...]
    confidence: tuple[float | None, ...]
    score: float
    objects: tuple[int, ...] = ()
    sure: Tensor | None = None


@torch.inference_mode()
def answer(prediction: Prediction, sure_of_pixels: bool = False) -> Answer:
    """Of one stream's prediction (1, K, H, W), on request with the confidence of each pixel."""
    classes = prediction.logits.shape[1]
    sure, labels = prediction.logits[0].softmax(dim=0).max(dim=0)  # max is much faster than argmax on a CPU
    flat = labels.flatten()
    area = torch.bincount(flat, minlength=classes).tolist()
    total = torch.bincount(flat, sure.flatten(), minlength=classes).tolist()
    confidence = tuple(t / a if a else None for t, a in zip(total, area, strict=True))
    objects = prediction.objects
    if objects:
        labels = labels.new_tensor((0, *objects))[labels]
    return Answer(
        labels=labels.byte().cpu(),
        area=tuple(area),
        confidence=confidence,
        score=float(prediction.score[0]),
        objects=objects,
        sure=(255 * sure).round().byte().cpu() if sure_of_pixels else None,
    )
