"""Prompts of one frame as tensors on the model's grid."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from segmem.core import Prompt, PromptBatch
from segmem.core.errors import PromptError
from segmem.core.prompt import merged
from segmem.ops.fit import Fit, pad
from segmem.ops.rough_mask import cell_of, middle, rough_mask
from segmem.predict.said import Said
from segmem.prompted import PromptedSegmenter
from segmem.state import Segmenter

_PADDING = (0.0, 0.0, -1.0)
_NO_BOX = (math.nan,) * 4
_INSIDE = 0.5


def to_batch(
    prompts: Sequence[Prompt], fit: Fit, low: tuple[int, int], device: torch.device | str = "cpu"
) -> PromptBatch:
    """Prompts of one frame of one stream, checked before, as `step` takes them: B is 1, objects by id.

    x and y are scaled as the frame is, each by its own factor. A mask is resized with antialiasing and inside
    where half covered; one so small that no pixel is, keeps the pixels it covers most. A rough one becomes logits of
    the cells it covers, and where no point inside is given with it, a point in its middle is.

    Args:
        fit: from the frame to the model's grid.
        low: rows and columns of the model's logits.

    Raises:
        PromptError: two boxes or two masks of one object.
    """
    each = [_with_middle(prompt) for prompt in merged(prompts)]
    boxes = [_NO_BOX if prompt.box is None else tuple(prompt.box) for prompt in each]
    planes = [None if prompt.mask is None else _fit_mask(prompt.mask, fit) for prompt in each]
    masks = [None if prompt.rough else plane for prompt, plane in zip(each, planes, strict=True)]
    rough = [
        rough_mask(plane, cell_of(fit.grid), low) if prompt.rough and plane is not None else None
        for prompt, plane in zip(each, planes, strict=True)
    ]
    rows, columns = (to / of for to, of in zip(fit.scaled, fit.size, strict=True))
    return PromptBatch(
        objects=tuple(prompt.object for prompt in each),
        boxes=_tensor(boxes, device) * torch.tensor((columns, rows) * 2, device=device)
        if any(prompt.box is not None for prompt in each)
        else None,
        points=_points(each, device) * torch.tensor((columns, rows, 1.0), device=device)
        if any(len(prompt.points) for prompt in each)
        else None,
        mask=_planes(masks, fit.grid, device),
        earlier=_planes(rough, low, device),
    )


def require_read(model: Segmenter, prompts: Iterable[Prompt | Said]) -> None:
    """Refuse rough masks where the network was not taught to read them.

    Raises:
        PromptError: there is one.
    """
    deaf = isinstance(model, PromptedSegmenter) and not model.network.reads_masks
    if deaf and any(prompt.rough for prompt in prompts):
        raise PromptError(
            "This model was not taught to read rough masks. Give a box, or take one that was: -m samed2-lite, a SAM2."
        )


def _with_middle(prompt: Prompt) -> Prompt:
    """A rough mask with a point inside it."""
    if not prompt.rough or prompt.mask is None or any(label for _, _, label in prompt.points):
        return prompt
    return replace(prompt, points=((*middle(_inside(prompt.mask)), 1), *prompt.points))


def _points(each: Sequence[Prompt], device: torch.device | str) -> Tensor:
    """(1, K, P, 3) in pixels of the frame, padded to the most that any object has."""
    most = max(len(prompt.points) for prompt in each)
    padded = [[*map(tuple, prompt.points), *[_PADDING] * (most - len(prompt.points))] for prompt in each]
    return _tensor(padded, device)


def _tensor(values: object, device: torch.device | str) -> Tensor:
    return torch.tensor(values, dtype=torch.float32, device=device)[None]


def _planes(
    planes: Sequence[Tensor | None], size: tuple[int, int], device: torch.device | str
) -> Tensor | None:
    """(1, K, `size`), NaN where there is none; None where there is none at all."""
    if all(plane is None for plane in planes):
        return None
    nothing = torch.full(size, math.nan)
    return torch.stack([nothing if plane is None else plane for plane in planes])[None].to(device)


def _inside(mask: object) -> Tensor:
    """(H, W) bool."""
    given = mask if isinstance(mask, Tensor) else torch.from_numpy(np.asarray(mask) != 0)
    return (given != 0).cpu()


def _fit_mask(mask: object, fit: Fit) -> Tensor:
    """(`size`) to (`grid`), 0 or 1, float32."""
    plane = _inside(mask).float()[None, None]
    if fit.scaled != fit.size:
        plane = F.interpolate(plane, fit.scaled, mode="bilinear", align_corners=False, antialias=True)
    inside = plane >= min(_INSIDE, float(plane.max()))
    return pad(inside.float(), fit)[0, 0]
