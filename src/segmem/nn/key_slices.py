"""Which slices of a scan are sure enough to be remembered for all the others."""

from torch import Tensor
from torch.nn import functional as F

from segmem.nn.lapg_network import Prepared

THERE = 0.5  # presence from which on a class counts as seen


def key_slices(slices: Prepared, count: int) -> list[int]:
    """Up to `count` slices, in order, whose classes are most surely there and clear, not close to one another.

    A slice counts by the sum over classes of presence times how clear its coarse mask is. A slice on which no class
    is seen is none, so that an empty scan has no key slice.
    """
    there = slices.presence.float().sigmoid()
    worth = (there * (there > THERE) * _clarity(slices)).sum(dim=1).tolist()
    length, chosen = len(worth), list[int]()
    apart = max(1, length // (2 * max(1, count)))
    for index in sorted(range(length), key=lambda t: (-worth[t], t)):
        if len(chosen) == count or worth[index] <= 0:
            break
        if all(abs(index - other) >= apart for other in chosen):
            chosen.append(index)
    return sorted(chosen)


def _clarity(slices: Prepared) -> Tensor:
    """(T, K - 1) in 0..1: mean probability of a class over what the coarse masks give it; 0 where that is nothing."""
    shares = slices.coarse[:, -1].float().softmax(dim=1)
    mine = F.one_hot(shares.argmax(dim=1), shares.shape[1]).movedim(-1, 1)[:, 1:]
    area = mine.sum(dim=(2, 3))
    return (shares[:, 1:] * mine).sum(dim=(2, 3)) / area.clamp(min=1)
