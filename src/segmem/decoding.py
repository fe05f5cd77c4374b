"""Masks of rows that are prompted, each in its way, and of rows that are not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from segmem.asks import Ask, alike
from segmem.core import Features
from segmem.nn.promptable import ObjectMasks, PromptableNetwork
from segmem.rows import ordered, taken

SURE = 10.0  # logit of a pixel, or of an object's presence, that a person stated
PREVIOUS = 32.0  # an earlier answer is clamped to plus and minus it before it becomes a prompt
MANY_MEANINGS = 1  # up to so many points can mean several masks, of which the best is taken


@dataclass(frozen=True, slots=True)
class Decoding:
    """A frame's rows, ready for the mask decoder.

    Attributes:
        network: decodes them.
        features: of the B images.
        top: (R, C, h, w), what each row's object looks like after memory.
        image: (R,) the image of each row.
    """

    network: PromptableNetwork
    features: Features
    top: Tensor
    image: Tensor

    def masks(self, asks: Mapping[int, Ask], tracked: Sequence[bool]) -> ObjectMasks:
        """Of all rows: those without a prompt together, then each group that is asked alike.

        Args:
            asks: what is said, by row.
            tracked: whether a row remembers something; what is said of it then corrects what memory says.
        """
        starts = [row for row, ask in asks.items() if ask.corrects(tracked[row]) and ask.earlier is None]
        silent = [row for row in range(len(self.image)) if row not in asks]
        given: list[ObjectMasks] = []
        given_before = {row: ask.earlier for row, ask in asks.items() if ask.earlier is not None}
        before = {row: logits.to(self.top.device) for row, logits in given_before.items()}
        if silent or starts:
            rows = sorted(silent + starts)
            plain = self._plain(rows)
            before |= {row: plain.logits[place, 0] for place, row in enumerate(rows) if row in starts}
            given.append(plain if not starts else taken(plain, [rows.index(one) for one in silent]))
        groups = alike(asks, tracked)
        given += [self._asked([asks[row] for row in group], group, before) for group in groups]
        if not groups:
            return given[0]
        return ordered(given, torch.tensor([*silent, *(row for group in groups for row in group)]))

    def _plain(self, rows: list[int]) -> ObjectMasks:
        if len(rows) == len(self.image):
            return self.network.decode(self.top, self.features.skips)
        return self.network.decode(self.top[rows], self._skips(rows))

    def _asked(self, asks: list[Ask], rows: list[int], before: Mapping[int, Tensor]) -> ObjectMasks:
        """Of rows that are asked alike."""
        points = [ask.points for ask in asks if ask.points is not None]
        if not points:
            masks = torch.stack([ask.mask for ask in asks if ask.mask is not None])
            return self._taken_as_given(rows, masks[:, None].to(self.top.device))
        earlier = None
        if rows[0] in before and (self.network.mends or asks[0].earlier is not None):
            earlier = torch.stack([before[row] for row in rows])[:, None].clamp(-PREVIOUS, PREVIOUS)
        return self.network.decode(
            self.top[rows],
            self._skips(rows),
            torch.stack(points).to(self.top.device),
            earlier,
            multimask=len(points[0]) <= MANY_MEANINGS,
        )

    def _taken_as_given(self, rows: list[int], mask: Tensor) -> ObjectMasks:
        """A person's mask (R, 1, H, W) as the answer; the decoder adds the pointer's token (SAM2)."""
        top = self.features.top[self.image[rows]]
        said = self.network.mask_prompt(mask)
        seen = self.network.decode(top, self._skips(rows), mask=said, multimask=False)
        logits = F.interpolate(
            mask * 2 * SURE - SURE,
            seen.logits.shape[-2:],
            mode="bilinear",
            align_corners=False,
            antialias=True,
        )
        there = mask.flatten(1).any(dim=1)
        presence = torch.where(there, SURE, -SURE).to(seen.presence)
        return replace(seen, logits=logits, quality=torch.ones_like(seen.quality), presence=presence)

    def _skips(self, rows: list[int]) -> tuple[Tensor, ...]:
        """Those of each row's image; not copied where there is but one image."""
        skips = self.features.skips
        return skips if all(len(skip) == 1 for skip in skips) else tuple(s[self.image[rows]] for s in skips)
