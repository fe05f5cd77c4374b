"""Prompts of one frame as tensors on the model's grid."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from segmem.core import Prompt, PromptBatch
from segmem.core.prompt import merged
from segmem.ops.fit import Fit, pad

_PADDING = (0.0, 0.0, -1.0)
_NO_BOX = (math.nan,) * 4
_INSIDE = 0.5


def to_batch(prompts: Sequence[Prompt], fit: Fit, device: torch.device | str = "cpu") -> PromptBatch:
    """Prompts of one frame of one stream, checked before, as `step` takes them: B is 1, objects by id.

    x and y are scaled as the frame is, each by its own factor. A mask is resized with antialiasing and inside
    where half covered; one so small that no pixel is, keeps the pixels it covers most.

    Raises:
        PromptError: two boxes or two masks of one object.
    """
    each = merged(prompts)
    boxes = [_NO_BOX if prompt.box is None else tuple(prompt.box) for prompt in each]
    masks = [None if prompt.mask is None else _fit_mask(prompt.mask, fit) for prompt in each]
    rows, columns = (to / of for to, of in zip(fit.scaled, fit.size, strict=True))
    return PromptBatch(
        objects=tuple(prompt.object for prompt in each),
        boxes=_tensor(boxes, device) * torch.tensor((columns, rows) * 2, device=device)
        if any(prompt.box is not None for prompt in each)
        else None,
        points=_points(each, device) * torch.tensor((columns, rows, 1.0), device=device)
        if any(len(prompt.points) for prompt in each)
        else None,
        mask=_planes(masks, fit).to(device) if any(mask is not None for mask in masks) else None,
    )


def _points(each: Sequence[Prompt], device: torch.device | str) -> Tensor:
    """(1, K, P, 3) in pixels of the frame, padded to the most that any object has."""
    most = max(len(prompt.points) for prompt in each)
    padded = [[*map(tuple, prompt.points), *[_PADDING] * (most - len(prompt.points))] for prompt in each]
    return _tensor(padded, device)


def _tensor(values: object, device: torch.device | str) -> Tensor:
    return torch.tensor(values, dtype=torch.float32, device=device)[None]


def _planes(masks: Sequence[Tensor | None], fit: Fit) -> Tensor:
    """(1, K, `grid`)."""
    nothing = torch.full(fit.grid, math.nan)
    return torch.stack([nothing if mask is None else mask for mask in masks])[None]


def _fit_mask(mask: object, fit: Fit) -> Tensor:
    """(`size`) to (`grid`), 0 or 1, float32."""
    given = mask if isinstance(mask, Tensor) else torch.from_numpy(np.asarray(mask) != 0)
    plane = (given != 0).float().cpu()[None, None]
    if fit.scaled != fit.size:
        plane = F.interpolate(plane, fit.scaled, mode="bilinear", align_corners=False, antialias=True)
    inside = plane >= min(_INSIDE, float(plane.max()))
    return pad(inside.float(), fit)[0, 0]
