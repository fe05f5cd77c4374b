"""Keep the surest memory of each kind of image, and read those that are alike and sure (SAMed-2)."""

from typing import Literal, Self

import torch
from einops import rearrange
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from segmem.core import Settings
from segmem.memory.bank import Entry, MemoryBank, Query, Recall

Variant = Literal["segmem", "paper", "released"]
PAPER = {"keys": "full", "blend": "sum", "replace_by": "tokens"}
EDGE = 1e-4  # a quality of 0 or 1 has no logit


class Confidence(Settings):
    """Confidence-driven memory (SAMed-2, section 3.3, equations 3 to 7).

    Keys are of length 1, so a cosine is a product. `variant` gives the values of each variant.
    """

    capacity: int = Field(default=640, ge=1)
    """Entries in all."""
    top_k: int = Field(default=8, ge=1)
    """How many entries an image reads."""
    alpha: float = Field(default=0.5, ge=0.0, le=1.0)
    """Weight of similarity beside quality, where `blend` is `share`."""
    temperature: float = Field(default=1.0, gt=0.0)
    """The logit of a quality is divided by it; fitted on validation data."""
    keys: Literal["pooled", "full"] = "pooled"
    """An entry is found by the mean of its image's embedding over the cells, or by all of it."""
    blend: Literal["share", "sum"] = "share"
    """alpha * cosine + (1 - alpha) * quality; or cosine + sigmoid(quality), as the paper's equation 4 has it."""
    clamp: bool = False
    """A cosine below 0 counts as 0 (the released code)."""
    pick: Literal["fittest", "random"] = "fittest"
    """random: entries are read whatever they are, to see what choosing is worth (the paper's ablation); the same ones
    of the same image."""
    replace_by: Literal["key", "tokens"] = "key"
    """What is compared to find the entry that a new one may replace."""

    @classmethod
    def variant(cls, name: Variant, **changes: object) -> Self:
        """The values of a variant, some of them changed."""
        values: dict[str, object] = {} if name == "segmem" else dict(PAPER)
        if name == "released":
            values["clamp"] = True
        return cls.model_validate({**values, **changes})

    def due(self, frame: int) -> bool:
        """Every frame may be remembered; its score decides."""
        del frame
        return True

    def key(self, top: Tensor) -> Tensor:
        """(B, D) of image embeddings (B, C, h, w) that have not looked at memory."""
        found = top.mean(dim=(2, 3)) if self.keys == "pooled" else top.flatten(1)
        return F.normalize(found.float(), dim=1)

    def worth(self, score: Tensor) -> Tensor:
        """How much qualities (B, N) in 0..1 count: calibrated, or through a sigmoid once more (the paper)."""
        if self.blend == "sum":
            return score.sigmoid()
        return (score.float().clamp(EDGE, 1 - EDGE).logit() / self.temperature).sigmoid()

    def scores(self, query: Query, bank: MemoryBank) -> Tensor:
        """(B, N) how fit each entry is to be read, minus infinity where there is none; a bank of one row is shared."""
        if self.pick == "random":
            return drawn(query.key, bank.used.shape[1]).masked_fill(~bank.used, -torch.inf)
        alike = cosines(query.key, bank.key)
        alike = alike.clamp(min=0) if self.clamp else alike
        sure = self.worth(bank.score.float())
        fit = alike + sure if self.blend == "sum" else self.alpha * alike + (1 - self.alpha) * sure
        return fit.masked_fill(~bank.used, -torch.inf)

    def recall(self, query: Query, bank: MemoryBank) -> Recall:
        """The `top_k` fittest entries of each image, the fittest first."""
        fit, slot = top(self.scores(query, bank), self.top_k)
        rank = torch.arange(slot.shape[1], device=slot.device).expand_as(slot)
        return Recall(slot=slot, valid=fit > -torch.inf, rank=rank)

    def slot_for(self, entry: Entry, bank: MemoryBank) -> Tensor:
        """An empty slot; else that of the most similar entry, if it is less sure; else none."""
        by_key = self.replace_by == "key"
        alike = cosines(entry.key, bank.key) if by_key else token_cosines(entry.tokens, bank.tokens)
        nearest = alike.masked_fill(~bank.used, -torch.inf).argmax(dim=1)
        held = bank.score.expand(len(nearest), -1).gather(1, nearest[:, None])[:, 0]
        full = bank.used.all(dim=1).expand_as(nearest)
        room = bank.used.int().argmin(dim=1).expand_as(nearest)
        slot = torch.where(full, torch.where(held < entry.score.to(held), nearest, -1), room)
        return torch.where(entry.score.isfinite() & entry.key.isfinite().all(dim=1), slot, -1)


def drawn(key: Tensor, count: int) -> Tensor:
    """(B, N) numbers in 0..1 that look like chance, of each key (B, D) and slot; no random state is used.

    The key is rounded first: the last bits of a feature depend on the batch that it was computed in.
    """
    digits = (key.double().sum(dim=1, keepdim=True) * 100).round()
    slots = torch.arange(1, count + 1, device=key.device, dtype=torch.float64)
    return (((digits + slots) * 12.9898 + slots * 78.233).sin() * 43758.5453).frac().abs().float()


def cosines(key: Tensor, keys: Tensor) -> Tensor:
    """(B, N) products of (B, D) and (B, N, D), or of (1, N, D) that all rows share; nothing is copied."""
    key = key.to(keys.dtype)
    found = key @ keys[0].T if len(keys) == 1 else torch.einsum("bd,bnd->bn", key, keys)
    return found.float()


def token_cosines(tokens: Tensor, bank: Tensor) -> Tensor:
    """(B, N) cosines of whole memories (B, L, C) with those of a bank (B, N, L, C), or (1, N, L, C)."""
    new, kept = tokens.flatten(1).to(bank.dtype), bank.flatten(2)
    length = torch.linalg.vector_norm(kept, dim=2, dtype=torch.float32).clamp(min=1e-12)
    found: Tensor = cosines(F.normalize(new.float(), dim=1), kept) / length
    return found


def top(scores: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Values and places (B, R) of the `count` largest of (B, N), in order; of equal ones the first."""
    values, places = scores.sort(dim=1, descending=True, stable=True)
    return values[:, :count], places[:, :count]


def released_order(tokens: Tensor) -> Tensor:
    """(L * B, B, C): what the released code hands its attention of tokens (B, B, L, C), read for B images.

    It mixes the batch: image b is given, in turn, the pixels of the entries that are b-th for every image. Kept to
    compare with; `rearrange(tokens, "b r l c -> b (r l) c")` is what every method here does.
    """
    return rearrange(tokens, "q b l c -> (l q) b c")
