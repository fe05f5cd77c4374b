"""Class evidence: what was found before in what looks like this cell, or at its place, mixed with what is seen now."""

from dataclasses import dataclass, replace
from math import prod

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from segmem.memory import ClassSums, Memory
from segmem.nn.discriminant import class_likelihoods, class_sums, looks
from segmem.nn.evidence_settings import EvidenceSettings
from segmem.nn.matching import Matching
from segmem.nn.persistence import Persistence
from segmem.nn.positions import Grid
from segmem.nn.view_shift import moved, view_shift

FAINTEST = 1e-7  # probability that is still told from zero
DOUBTFUL = 1e-2  # least probability that a pool believes of past or present: no single one rules a class out
ODD, USUAL = (
    0.5,
    0.9,
)  # how clear the clearest remembered frame is where a gate is not to be trusted, and where it is
NEW, KNOWN = (
    0.6,
    0.8,
)  # likeness to the remembered frame that knows it least: of a cell that came up since, and of one there all along
KEPT = 0.99  # of what the stream has shown of each class, at every frame that is remembered


@dataclass(frozen=True, slots=True)
class Cells:
    """What a frame looks like.

    Attributes:
        keys: (B, h'*w', width) of length 1.
        grid: (h', w').
        size: (h, w) of the feature map that they were made of.
    """

    keys: Tensor
    grid: Grid
    size: Grid


@dataclass(frozen=True, slots=True)
class Seen:
    """The class evidence of a frame.

    Attributes:
        cells: the frame's own.
        found: (B, K, h', w') in 0..1.
        doubt: (B, 1, h, w) logits that a cell is spoilt, or (B, 1, 1, 1) that the frame is.
        trusted: the same, as far as the gate can be trusted in this stream.
        some: (B,) bool, which rows had something to look at.
    """

    cells: Cells
    found: Tensor
    doubt: Tensor
    trusted: Tensor
    some: Tensor


class ClassEvidence(nn.Module):
    """Matching (STCN, Cheng et al. 2021, section 3) between the present and remembered frames reads the class
    probabilities that these were given, where the view of now has them.

    As far as a cell of the present is spoilt, it reads what its place showed in place of what looks like it; as far as
    a remembered cell was, it counts less. Past and present are then mixed: where the place is clear they are pooled, so
    that the surer of the two decides; where it is not, the answer is the past's; each as likely as the gate says.

    Args:
        channels: C of the feature map.
        classes: K, background included.
        settings: its size.
        ranks: frames that are told apart by how recent they are.
    """

    def __init__(self, channels: int, classes: int, settings: EvidenceSettings, ranks: int) -> None:
        super().__init__()
        self.settings, self.classes = settings, classes
        self.match = Matching(channels, settings.width, ranks, settings.reach, settings.fade)
        self.stay = Persistence(ranks, fade=settings.fade)

    def cells(self, top: Tensor) -> Cells:
        """Of features (B, C, h, w); everything that is asked about a frame is asked of these."""
        grid = self.grid(top)
        keys = self.match.keys(F.adaptive_avg_pool2d(top, grid))
        return Cells(keys, grid, (top.shape[-2], top.shape[-1]))

    def remember(self, cells: Cells, probabilities: Tensor, doubt: Tensor) -> Tensor:
        """What is kept of a frame: (B, cells, numbers) of its cells, probabilities (B, K, H, W) and logits
        (B, 1, h, w) or (B, 1, 1, 1) that it is spoilt."""
        grid, s = cells.grid, self.settings.parts
        fine = F.adaptive_avg_pool2d(probabilities.float(), (grid[0] * s, grid[1] * s))
        inside = rearrange(fine, "b k (h s) (w t) -> b (h w) (k s t)", s=s, t=s)
        return torch.cat([cells.keys, inside, self._clear(doubt, grid)], dim=-1)

    def follow(self, cells: Cells, kept: Tensor, valid: Tensor) -> Tensor:
        """What is remembered, moved as far as the view has moved since: for what comes next, places are those of now.

        A cell that no frame has seen, since it was out of view, shows nothing and counts, so that it is left to the
        present.

        Args:
            cells: of the present.
            kept: (B, N, cells, numbers) of N remembered frames, as `remember` gave them.
            valid: (B, N) bool.
        """
        if not self.settings.follow:
            return kept
        grid, width = cells.grid, self.settings.width
        there, seen = moved(kept, view_shift(cells.keys, kept[..., :width], grid), grid)
        unseen = ~(seen & valid[..., None]).any(dim=1, keepdim=True)
        return torch.cat([there[..., :-1], there[..., -1:] + unseen[..., None]], dim=-1)

    def find(self, cells: Cells, kept: Tensor, rank: Tensor, valid: Tensor, doubt: Tensor) -> Tensor:
        """(B, K, h', w') in 0..1: how likely each part of each cell shows each class; what was never seen has none.

        Args:
            cells: of the present.
            kept: (B, N, cells, numbers) of N remembered frames, as `remember` gave them.
            rank: (B, N) how recent; 0 is the latest.
            valid: (B, N) bool.
            doubt: (B, 1, h, w) logits that a cell of the present is spoilt, or (B, 1, 1, 1) that all of it is: then
                its look says nothing, and only place counts.
        """
        grid, s, width = cells.grid, self.settings.parts, self.settings.width
        keys, inside, count = kept[..., :width], kept[..., width:-1], kept[..., -1]
        looked = self.match(cells.keys, keys, inside, rank, valid, grid, count)
        stayed = self.stay(inside, count, rank, valid, grid)
        found = stayed + self._clear(doubt, grid) * (looked - stayed)
        out: Tensor = rearrange(found, "b (h w) (k s t) -> b k (h s) (w t)", h=grid[0], s=s, t=s)
        return out

    @torch.no_grad()
    def likeness(self, cells: Cells, kept: Tensor) -> Tensor:
        """(B, N, h', w') cosines: how much a present cell is like the most alike cell of each remembered frame.

        Args:
            cells: of the present.
            kept: (B, N, cells, numbers) of N remembered frames, as `remember` gave them.
        """
        keys = rearrange(kept[..., : self.settings.width].float(), "b n l c -> b c (n l)")
        each = rearrange(cells.keys @ keys, "b (h w) (n l) -> b n h w l", h=cells.grid[0], n=kept.shape[1])
        return each.amax(dim=-1).float()

    @torch.no_grad()
    def strange(self, cells: Cells, kept: Tensor, valid: Tensor, alike: Tensor) -> Tensor:
        """(B, 1, h, w) logits that cells gain, or lose, by being unlike all that is remembered.

        strange * (usual - likeness), the likeness of the most alike cell of all remembered frames. A cell that was
        spoilt when it was remembered says no more than `usual`: what stays before the camera is neither strange nor
        known to be clear, so that the gate alone decides.

        Args:
            cells: of the present.
            kept: (B, N, cells, numbers) of N remembered frames, as `remember` gave them.
            valid: (B, N) bool; where none is, nothing is gained.
            alike: as `likeness` gave it.
        """
        s = self.settings
        clear = kept[..., -1:].float() * valid[:, :, None, None]
        # max over j of min(a, usual) + clear * max(a - usual, 0), in two products and nothing in between; in bfloat16,
        # where that is how the network runs, they take a third of the time
        most = torch.where(valid[..., None, None], alike, -2.0).amax(dim=1, keepdim=True).clamp(max=s.usual)
        keys = torch.cat([clear * kept[..., : s.width].float(), -s.usual * clear], dim=-1)
        asked = F.pad(cells.keys, (0, 1), value=1.0) @ rearrange(keys, "b n l c -> b c (n l)")
        seen = rearrange(asked.amax(dim=-1).float().clamp(min=0), "b (h w) -> b 1 h w", h=cells.grid[0])
        some = valid.any(dim=1)[:, None, None, None]
        gained = torch.where(some, s.strange * (s.usual - most - seen), 0.0)
        return F.interpolate(gained, cells.size, mode="bilinear", align_corners=False)

    def trusted(self, doubt: Tensor, kept: Tensor, valid: Tensor, alike: Tensor) -> Tensor:
        """Logits (B, 1, h, w) or (B, 1, 1, 1) that a place is spoilt, as far as the gate can be trusted in this stream.

        What looks odd to a gate that was taught on other video looks so from the first frame on. Where it takes even
        the clearest remembered frame for half spoilt, no past knows better, and nothing is taken for spoilt. And what
        every remembered frame shows did not come up before the camera since: there a cell is no more spoilt than most
        of its frame.

        Args:
            doubt: (B, 1, h, w) or (B, 1, 1, 1) logits that a place of the present is spoilt.
            kept: (B, N, cells, numbers) of N remembered frames, as `remember` gave them.
            valid: (B, N) bool; where none is, `doubt` stays.
            alike: as `likeness` gave it.
        """
        some = valid.any(dim=1)[:, None, None, None]
        spoilt = doubt.float().sigmoid()
        most = _most(spoilt)
        known = torch.where(valid[..., None, None], alike, 1.0).amin(dim=1, keepdim=True)
        known = F.interpolate(known, doubt.shape[-2:], mode="bilinear", align_corners=False)
        new = torch.where(some, ((KNOWN - known) / (KNOWN - NEW)).clamp(0, 1), 1.0)
        clear = kept[..., -1].float().mean(dim=-1)
        clearest = torch.where(valid, clear, 0.0).amax(dim=1)[:, None, None, None]
        trust = torch.where(some, ((clearest - ODD) / (USUAL - ODD)).clamp(0, 1), 1.0)
        believed: Tensor = trust * (spoilt.minimum(most) + new * (spoilt - most).clamp(min=0))
        return believed.clamp(FAINTEST, 1 - FAINTEST).logit()

    def learn(self, top: Tensor, probabilities: Tensor, doubt: Tensor, before: ClassSums | None) -> ClassSums:
        """What the stream has shown of each class, with features (B, C, h, w), probabilities (B, K, H, W) and logits
        (B, 1, h, w) or (B, 1, 1, 1) that they are spoilt; `before` is what it had shown so far."""
        grid = self.grid(top)
        return class_sums(looks(top, grid), probabilities, self._clear(doubt, grid), grid).after(before, KEPT)

    def recognised(self, top: Tensor, known: ClassSums) -> Tensor:
        """(B, K, h', w') logarithms of how likely each cell shows each class by its looks alone, of features
        (B, C, h, w) and what the stream has shown."""
        grid = self.grid(top)
        return class_likelihoods(known, looks(top, grid), grid)

    def settle(
        self, logits: Tensor, found: Tensor, trusted: Tensor, recognised: Tensor | None = None
    ) -> Tensor:
        """Logits (B, K, H, W) of present and past together.

        With now = softmax(logits), past = found + (1 - sum(found)) * now, since what was never seen is left to the
        present, and s = sigmoid(trusted + lean): p = s * past + (1 - s) * pool, where pool is the logarithmic opinion
        pool of the two, softmax((1 - floor) * log(now) + floor * log(past)) (Genest and Zidek 1986), to whose exponent
        (1 - median(sigmoid(trusted))) * discriminant * recognised is added: where most of a frame is spoilt, as in the
        dark, nothing has the looks of its class.

        Args:
            logits: (B, K, H, W) of the present.
            found: (B, K, h', w') in 0..1, as `find` gave it.
            trusted: as `trusted` gave it.
            recognised: (B, K, h', w') as the method of that name gave it.
        """
        with torch.autocast(logits.device.type, enabled=False):
            weight, size = self.settings.floor, logits.shape[-2:]
            now = logits.float().softmax(dim=1)
            found = F.interpolate(found, size, mode="bilinear", align_corners=False)
            past = found + (1 - found.sum(dim=1, keepdim=True)) * now
            told = _believed(now) * (1 - weight) + _believed(past) * weight
            if recognised is not None:
                looked = F.interpolate(recognised, size, mode="bilinear", align_corners=False)
                clear = 1 - _most(trusted.sigmoid())
                told = torch.addcmul(told, looked, clear, value=self.settings.discriminant)
            pool = told.softmax(dim=1)
            spoilt = (trusted + self.settings.lean).sigmoid()
            spoilt = F.interpolate(spoilt, size, mode="bilinear", align_corners=False)
            return (pool + spoilt * (past - pool)).clamp(min=FAINTEST).log()

    def numbers(self) -> int:
        """How many numbers are kept of a cell."""
        return self.settings.width + self.classes * self.settings.parts**2 + 1

    def grid(self, top: Tensor) -> Grid:
        """(h, w) of the cells for features (B, C, h, w): the map's own, or the largest that has so many."""
        h, w = top.shape[-2:]
        shrink = 1
        while -(-h // shrink) * -(-w // shrink) > self.settings.cells:
            shrink += 1
        return -(-h // shrink), -(-w // shrink)

    def _clear(self, doubt: Tensor, grid: Grid) -> Tensor:
        """(B, h*w, 1) in 0..1, how far each cell is not spoilt."""
        return rearrange(F.adaptive_avg_pool2d((-doubt).sigmoid(), grid), "b one h w -> b (h w) one")


def _most(spoilt: Tensor) -> Tensor:
    """(B, 1, 1, 1), what most places of a frame (B, 1, h, w) are."""
    return spoilt.flatten(1).median(dim=1).values[:, None, None, None]


def _believed(probabilities: Tensor) -> Tensor:
    return probabilities.clamp(min=DOUBTFUL).log()


def packed(tokens: Tensor, kept: Tensor) -> Tensor:
    """One tensor (B, L + cells, width) of memory tokens (B, L, C) and what is kept as evidence (B, cells, numbers)."""
    width = max(tokens.shape[-1], kept.shape[-1])
    parts = (tokens, kept.to(tokens.dtype))
    return torch.cat([F.pad(part, (0, width - part.shape[-1])) for part in parts], dim=1)


def unpacked(memory: Memory, evidence: ClassEvidence, top: Tensor, width: int) -> tuple[Memory, Tensor]:
    """What `packed` put together: the memory tokens, of `width` channels, and (B, R, cells, numbers)."""
    cells = prod(evidence.grid(top))
    tokens, kept = memory.tokens[:, :, :-cells, :width], memory.tokens[:, :, -cells:, : evidence.numbers()]
    return replace(memory, tokens=tokens), kept
