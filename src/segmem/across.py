"""A promptable method's memory of other cases: found by the image, looked at once a frame, written after a prompt."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, cast

import torch
from einops import rearrange
from torch import Tensor, nn

from segmem.asks import Ask
from segmem.memory import Confidence, Entry
from segmem.memory.cases import Found
from segmem.nn.case_reader import CaseNetwork, CaseReader
from segmem.rows import Rows
from segmem.state import State

Tell = Literal["all", "masks"]


@dataclass(frozen=True, slots=True)
class Told:
    """What other cases say of each image.

    Attributes:
        value: (B, C, h, w), as the reader gave it.
        some: (B,) whether anything was read.
        found: the entries.
    """

    value: Tensor
    some: Tensor
    found: Found


class AcrossCases(nn.Module):
    """How a promptable network reads and writes memory of other cases (SAMed-2, section 3.3). Holds weights only.

    Args:
        reader: the weights.
        policy: which entries are read, and which one a new one replaces.
        min_quality: a prompted frame of which less is predicted is not offered.
        only: the stream has no memory of its own beside it (the paper).
        tell: all rows hear of other cases; or those alone that begin from a rough mask, the others as without them.
    """

    def __init__(
        self,
        reader: CaseReader,
        policy: Confidence,
        min_quality: float = 0.0,
        only: bool = False,
        tell: Tell = "all",
    ) -> None:
        super().__init__()
        self.reader = reader
        self.policy = policy
        self.min_quality = min_quality
        self.only = only
        self.tell = tell

    def find(self, top: Tensor, state: State) -> Found | None:
        """Entries that images (B, C, h, w) read; None where the state has no bank, or an empty one."""
        return None if state.cases is None else state.cases.find(self.policy.key(top), self.policy)

    def look(self, network: object, top: Tensor, state: State) -> Told | None:
        """What other cases say of images (B, C, h, w); their embeddings have looked at nothing yet."""
        found = self.find(top, state)
        if found is None:
            return None
        value = self.reader(cast(CaseNetwork, network), top, found.memory)
        return Told(value, found.memory.valid.any(dim=1), found)

    def hears(self, asks: Iterable[Ask]) -> bool:
        """Whether any row hears of other cases, of which the prompted ones are asked so."""
        return self.tell == "all" or any(ask.earlier is not None for ask in asks)

    def told(self, attended: Tensor, told: Told | None, image: Tensor, asks: Mapping[int, Ask]) -> Tensor:
        """(R, C + ., h, w) of rows on these images, with what other cases say of them; `asks` by row."""
        if told is None:
            return attended
        some = told.some[image]
        if self.tell == "masks":
            rough = [row in asks and asks[row].earlier is not None for row in range(len(image))]
            some = some & torch.tensor(rough, device=some.device)
        return self.reader.into(attended, told.value[image], some)

    def written(self, network: object, top: Tensor, rows: Rows, state: State, frame: int) -> State:
        """The state with the prompted objects of this frame in its overlay, where it has room for any."""
        if state.cases is None or not state.cases.room:
            return state
        tokens = cast(CaseNetwork, network).case_tokens(rows.tokens)
        quality = rows.masks.quality.float().clamp(0, 1)
        due = rows.pinned & (quality >= self.min_quality) & (rows.masks.presence > 0)
        cases, streams, key = state.cases, len(top), self.policy.key(top)
        when = torch.full((streams,), frame, device=top.device)
        each = (rearrange(x, "(b k) ... -> k b ...", b=streams) for x in (tokens, quality, due))
        for words, sure, now in zip(*each, strict=True):
            cases = cases.written(Entry(words, key, sure, when, now), now, self.policy)
        return replace(state, cases=cases)
