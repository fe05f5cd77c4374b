"""What a person would say of an object, drawn by chance from its label."""

from collections.abc import Callable, Sequence
from typing import Self

import torch
from einops import rearrange
from pydantic import Field, PositiveInt, model_validator
from torch import Tensor
from torch.nn import functional as F

from segmem.core import Settings
from segmem.core.prompt import PromptBatch
from segmem.ops.rough_mask import rough_mask

KINDS = ("box", "points", "coarse", "given")
PUBLISHED_GRID = 1024  # pixels of the longer side on which SAM's and SAMed-2's boxes move


class PromptSettings(Settings):
    """The kinds of prompts, each by its share, and how exact they are."""

    box: float = Field(default=0.7, ge=0)
    """Share of boxes around the object."""
    points: float = Field(default=0.0, ge=0)
    """Share of clicks inside it."""
    coarse: float = Field(default=0.0, ge=0)
    """Share of coarse masks: the cells that it lies in, with one click inside. The network must read masks."""
    given: float = Field(default=0.3, ge=0)
    """Share of exact masks, which are taken as the answer; only later frames then teach."""
    slack: float = Field(default=0.05, ge=0)
    """Each side of a box moves outwards by up to this share of the object's size,"""
    jitter: float = Field(default=0.0, ge=0)
    """and by up to so many pixels of an image of 1024 (SAMed-2: 20)."""
    within: float = Field(default=0.0, ge=0, lt=0.5)
    """It may as well move inwards, by up to this share of the object's size: a box that a network drew."""
    clicks: PositiveInt = 8
    """How many points."""
    cell: PositiveInt = 16
    """Pixels of the model's grid along a side of a coarse mask's cells."""
    whole: float = Field(default=0.25, ge=0, le=1)
    """Share of clips with several classes in which all together are the object; else it is one of them."""

    @model_validator(mode="after")
    def _something_is_said(self) -> Self:
        if not any(getattr(self, kind) for kind in KINDS):
            raise ValueError("no kind of prompt has a share; give box, points, coarse or given one")
        return self

    def main(self) -> Self:
        """The same with nothing but its most frequent kind; masks that are the answer do not count."""
        kind = max(KINDS[:-1], key=lambda kind: float(getattr(self, kind)))
        return self.model_copy(update={one: float(one == kind) for one in KINDS})


def say(
    masks: Tensor,
    settings: Sequence[PromptSettings],
    low: tuple[int, int],
    random: torch.Generator | None = None,
) -> PromptBatch:
    """One prompt for each of N masks, as N streams of one object.

    Args:
        masks: (N, H, W) in 0..1, on the model's grid.
        settings: of each.
        low: (rows, columns) of the model's logits, in which coarse masks are said.
        random: what is drawn from; torch's own state where there is none.

    Returns:
        What the kinds that were drawn need; NaN, or points of label -1, in rows of another kind.
    """
    drawn = [_kind(one, random) for one in settings]
    counts = [one.clicks if kind == "points" else 1 for kind, one in zip(drawn, settings, strict=True)]

    def rows(kinds: tuple[str, ...], make: Callable[[int], Tensor]) -> Tensor | None:
        """(N, 1, ...) of what is made for rows of these kinds, NaN in the others; None where there is no such row."""
        made = {place: make(place) for place, kind in enumerate(drawn) if kind in kinds}
        if not made:
            return None
        out = masks.new_full((len(masks), 1, *next(iter(made.values())).shape), float("nan"))
        for place, one in made.items():
            out[place, 0] = one
        return out

    def pointed(place: int) -> Tensor:
        said = clicks(masks[place], counts[place], random)
        return F.pad(said, (0, 0, 0, max(counts) - counts[place]), value=-1.0)

    boxes = rows(("box",), lambda i: loosened(tight_box(masks[i]), masks[i], settings[i], random))
    points = rows(("points", "coarse"), pointed)
    return PromptBatch(
        (1,),
        boxes=boxes,
        points=None if points is None else points.nan_to_num(-1.0),
        mask=rows(("given",), lambda i: masks[i]),
        earlier=rows(("coarse",), lambda i: rough_mask(masks[i], settings[i].cell, low)),
    )


def of_objects(batch: PromptBatch, objects: tuple[int, ...]) -> PromptBatch:
    """What `say` made for N masks, as one stream of N objects."""
    named = ("boxes", "points", "mask", "earlier")
    said = {name: getattr(batch, name) for name in named}
    turned = {name: rearrange(v, "n 1 ... -> 1 n ...") for name, v in said.items() if v is not None}
    return PromptBatch(objects, **turned)


def tight_box(mask: Tensor) -> Tensor:
    """(4,) as (x0, y0, x1, y1) in pixels of a mask (H, W); the whole image where it is empty."""
    h, w = mask.shape
    rows, columns = mask.any(dim=1).nonzero()[:, 0], mask.any(dim=0).nonzero()[:, 0]
    if not len(rows):
        return mask.new_tensor([0, 0, w, h])
    return mask.new_tensor([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])


def loosened(
    box: Tensor, mask: Tensor, settings: PromptSettings, random: torch.Generator | None = None
) -> Tensor:
    """The box (4,) with each side moved by chance, within the image of `mask` (H, W)."""
    h, w = mask.shape
    size = (box[2:] - box[:2]).repeat(2)
    least = settings.within * size
    most = settings.slack * size + settings.jitter * max(h, w) / PUBLISHED_GRID
    outwards = box.new_tensor([-1, -1, 1, 1])
    loose = box + outwards * (torch.rand(4, generator=random).to(box) * (least + most) - least)
    return torch.minimum(loose.clamp(min=0), box.new_tensor([w, h, w, h]))


def clicks(mask: Tensor, count: int, random: torch.Generator | None = None) -> Tensor:
    """(count, 3) as (x, y, 1): pixels of a mask (H, W), each drawn anew; the image's middle where it is empty."""
    inside = mask.nonzero()
    if not len(inside):
        inside = torch.tensor([[mask.shape[0] // 2, mask.shape[1] // 2]], device=mask.device)
    chosen = inside[torch.randint(len(inside), (count,), generator=random).to(mask.device)]
    ones = torch.ones(count, 1, device=mask.device)
    return torch.cat([chosen.flip(1).to(mask), ones.to(mask)], dim=1)


def _kind(settings: PromptSettings, random: torch.Generator | None) -> str:
    shares = torch.tensor([getattr(settings, kind) for kind in KINDS])
    if int((shares > 0).sum()) == 1:
        return KINDS[int(shares.argmax())]
    return KINDS[int(torch.multinomial(shares, 1, generator=random))]
