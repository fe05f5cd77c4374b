"""Keep frames that a person prompted, and the latest others (SAM2)."""

import torch
from pydantic import Field
from torch import Tensor

from segmem.core import Settings
from segmem.memory.bank import EMPTY, Entry, MemoryBank, Query, Recall
from segmem.memory.slots import all_slots


class Support(Settings):
    """Pinned support frames beside a short history (SAM2, section 4, memory bank)."""

    pinned: int = Field(default=8, ge=1)
    """Slots for prompted frames. When they are full the first stays and the oldest other one goes."""
    recent: int = Field(default=6, ge=1)
    """Slots for the latest frames without a prompt."""
    stride: int = Field(default=1, ge=1)
    """Read the last frame and, before it, every so many-th one (SAM2's memory_temporal_stride_for_eval)."""
    nearest: int | None = Field(default=None, ge=2)
    """Most prompted frames read at once, the nearest in time; none reads all (SAM2's max_cond_frames_in_attn)."""
    past_only: bool = False
    """Prompted frames that lie ahead are not read."""

    @property
    def capacity(self) -> int:
        """Slots in all; the pinned ones come first."""
        return self.pinned + self.recent

    @property
    def reach(self) -> int:
        """Frames from the present one to the last that is read, both counted."""
        return 1 + self.recent * self.stride

    def due(self, frame: int) -> bool:
        """Every frame is: the next one reads it."""
        del frame
        return True

    def slot_for(self, entry: Entry, bank: MemoryBank) -> Tensor:
        """A pinned slot for a prompted frame; for another, the slot that will not be read again, or the oldest.

        A frame that is pinned already is not kept twice.
        """
        twice = (bank.pinned & (bank.frame == entry.frame[:, None])).any(dim=1)
        recent = torch.where(twice, -1, self._recent_slot(bank))
        return torch.where(entry.pinned, self._pinned_slot(entry, bank), recent)

    def _pinned_slot(self, entry: Entry, bank: MemoryBank) -> Tensor:
        frame = bank.frame[:, : self.pinned]
        order = frame.clone()
        order[:, 0] = torch.where(frame[:, 0] == EMPTY, EMPTY, torch.iinfo(order.dtype).max)
        order = torch.where(
            frame == entry.frame[:, None], EMPTY - 1, order
        )  # a prompt added to the same frame
        return order.argmin(dim=1)

    def _recent_slot(self, bank: MemoryBank) -> Tensor:
        frame = bank.frame[:, self.pinned :]
        return self.pinned + torch.where(frame % self.stride != 0, EMPTY, frame).argmin(dim=1)

    def recall(self, query: Query, bank: MemoryBank) -> Recall:
        """Prompted frames under the last temporal code, others under the code of their rank in time."""
        age = query.frame[:, None] - bank.frame
        support = bank.used & bank.pinned
        if self.past_only:
            support &= age >= 0
        support = self._nearest(age, support)
        rank, on_step = self._rank(query.frame[:, None], bank.frame)
        recent = bank.used & on_step & (rank < self.recent) & ~_twice(bank, support)
        return Recall(
            slot=all_slots(bank),
            valid=support | recent,
            rank=torch.where(support, self.recent, rank.clamp(0, self.recent)),
        )

    def _rank(self, now: Tensor, frame: Tensor) -> tuple[Tensor, Tensor]:
        """(B, N) how many steps back a frame is, 0 the last one; and whether it lies on a step at all."""
        last = now - frame == 1
        begin = torch.div(now - 2, self.stride, rounding_mode="floor") * self.stride
        back = begin - frame
        rank = 1 + torch.div(back, self.stride, rounding_mode="floor")
        return torch.where(last, 0, rank), last | ((back % self.stride == 0) & (back >= 0))

    def _nearest(self, age: Tensor, support: Tensor) -> Tensor:
        """The `nearest` of the support frames: the closest before, the closest after, then by distance."""
        if self.nearest is None or self.nearest >= self.pinned:
            return support
        far = torch.iinfo(age.dtype).max
        distance = age.abs().masked_fill(~support, far)
        for side in (age > 0, age <= 0):
            beside = distance.masked_fill(~side, far)
            closest = beside.argmin(dim=1, keepdim=True)
            exists = beside.gather(1, closest) < far
            first = torch.where(exists, -1, distance.gather(1, closest))
            distance = distance.scatter(1, closest, first)
        chosen = distance.argsort(dim=1, stable=True)[:, : self.nearest]
        return support & torch.zeros_like(support).scatter(1, chosen, value=True)


def _twice(bank: MemoryBank, support: Tensor) -> Tensor:
    """(B, N) whether a slot holds a frame that is read as a support frame in another slot."""
    same = bank.frame[:, :, None] == bank.frame[:, None, :]
    return ~bank.pinned & (same & support[:, None, :]).any(dim=2)
