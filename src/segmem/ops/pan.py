"""A camera that turns: the view moves sideways, and what comes into it is more of the same background."""

import torch
from torch import Tensor
from torch.nn import functional as F

DARK = 1 / 8  # of the mean brightness: a line below it, at the side, is the border around the picture
LARGEST = 1 / 4  # of the frame, that a border may take
COARSE = (64, 16, 4)  # pixels over which the background is averaged, to paint over what hides it
MARGIN = 1 / 64  # of the frame, around what is painted over


def pan(frame: Tensor, label: Tensor, shift: int, axis: int) -> tuple[Tensor, Tensor]:
    """The frame with its view moved by `shift` pixels.

    What comes in is the view mirrored, with what is labelled painted over by the background around it, so nothing in it
    is labelled. A dark border at the sides stays where it is, unlabelled.

    Args:
        frame: (C, h, w), of any kind of number.
        label: (h, w), 0 is background.
        shift: pixels by which what is seen moves, towards higher indices where positive.
        axis: -2 moves it along columns, -1 along rows.

    Returns:
        The frame and its labels, of the same shapes.
    """
    if not shift:
        return frame, label
    first, last = lit(frame, axis)
    count = last - first
    view, named = frame.narrow(axis, first, count), label.narrow(axis, first, count)
    source = torch.arange(count, device=frame.device) - shift
    new = (source < 0) | (source >= count)
    source = torch.where(source < 0, -1 - source, torch.where(new, 2 * count - 1 - source, source))
    source = source.clamp(0, count - 1)
    line = new[:, None] if axis == -2 else new
    out, drawn = frame.clone(), torch.zeros_like(label)
    spare = painted_over(view, named)
    out.narrow(axis, first, count).copy_(
        torch.where(line, spare.index_select(axis, source), view.index_select(axis, source))
    )
    drawn.narrow(axis, first, count).copy_(named.index_select(axis, source) * ~line)
    return out, drawn


def lit(frame: Tensor, axis: int) -> tuple[int, int]:
    """The first line along `axis` (-2 or -1) that is no dark border of (C, h, w), and the one after the last."""
    lines = frame.float().mean(dim=(0, -3 - axis))
    bright = (lines >= DARK * lines.mean()).nonzero()[:, 0]
    size, most = len(lines), int(LARGEST * len(lines))
    return min(int(bright[0]), most), max(int(bright[-1]) + 1, size - most)


def painted_over(frame: Tensor, label: Tensor) -> Tensor:
    """(C, h, w) with what is labelled, (h, w), replaced by the mean of the background around it, the nearest where
    there is some near."""
    reach = max(1, round(MARGIN * max(label.shape)))
    hidden = F.max_pool2d((label > 0).float()[None, None], 2 * reach + 1, 1, reach)
    shown = 1 - hidden
    picture = frame.float()[None]
    size = (frame.shape[-2], frame.shape[-1])
    paint = (picture * shown).sum(dim=(2, 3), keepdim=True) / shown.sum().clamp(min=1)
    paint = paint.expand_as(picture)
    for width in COARSE:
        known = F.avg_pool2d(shown, width, ceil_mode=True, count_include_pad=False)
        mean = F.avg_pool2d(picture * shown, width, ceil_mode=True, count_include_pad=False)
        both = torch.cat([mean, known], dim=1)
        fine = F.interpolate(both, size, mode="bilinear", align_corners=False)
        near, sure = fine[:, :-1] / fine[:, -1:].clamp(min=1e-3), (fine[:, -1:] > 0.1).float()
        paint = paint + sure * (near - paint)
    out = picture * shown + paint * hidden
    return out[0].round().to(frame.dtype) if not frame.is_floating_point() else out[0].to(frame.dtype)
