"""Without flicker: where the picture has not changed, the answer is in part the one to the frame before."""

import torch
from torch import Tensor
from torch.nn import functional as F

from segmem.memory import LastAnswer
from segmem.nn.blank_picture import shows_nothing
from segmem.nn.block_motion import block_motion, brought, cell_side

CHANGED = (
    0.17  # difference of cells that leaves 1/e of the last answer's weight, in deviations of the picture
)
FAINT = 0.05  # least deviation that is taken for a picture's own, of ones that deviate by about 1 in daylight
NOTHING_LEFT = (
    16.0  # exponent from which the weight is next to nothing; denormal numbers would take ten times as long
)
FAINTEST = 1e-7  # probability that is still told from zero


def steadied(
    logits: Tensor, picture: Tensor, last: LastAnswer | None, share: float
) -> tuple[Tensor, LastAnswer]:
    """Logits (B, K, H, W) that flicker less, and what the next frame needs of them.

    In each cell the mean probability of each class moves by share * exp(-(change / (CHANGED * deviation))^2) of the way
    to that of the place in the frame before that the cell came from; `deviation` is the picture's own, since in the
    dark less is a change. Pixels move as their cell does, so that edges within a cell stay where they are. It is a
    motion-compensated recursive filter with a gain that falls with the frame difference (reviewed by Brailean et al.,
    Proc. IEEE 1995), here of class probabilities.

    A frame that shows nothing, as when the camera or the light is off, keeps the last answer wholly; it is left out
    when the next one is compared.

    Args:
        logits: of the present.
        picture: (B, 1, h, w), the present frame as `small_picture` makes it.
        last: of the frame before; None on a stream's first one.
        share: 0..1, the weight of the frame before where nothing has changed.
    """
    chances = logits.float().softmax(dim=1)
    size = (chances.shape[-2], chances.shape[-1])
    side = cell_side(size)
    now = F.avg_pool2d(chances, side, ceil_mode=True, count_include_pad=False)
    if last is None or last.picture.shape != picture.shape:
        return logits, LastAnswer(picture, now)
    shift, change = block_motion(picture, last.picture)
    deviation = picture.flatten(1).std(dim=1).clamp(min=FAINT)[:, None, None, None]
    much = (change / (CHANGED * deviation)).square().clamp(max=NOTHING_LEFT)
    moves = share * torch.exp(-much) * (brought(last.chances, shift) - now)
    blank = shows_nothing(picture)
    moves = moves + blank * (last.chances - now - moves)
    shown = torch.where(blank > 0.5, last.picture, picture)
    every = F.interpolate(moves, scale_factor=side, mode="bilinear", align_corners=False)
    answer = chances + every[..., : size[0], : size[1]]
    return answer.clamp_(min=FAINTEST).log_(), LastAnswer(shown, now + moves)
