"""Take frames of any size to the model's grid, and what the model says exactly back."""

from dataclasses import dataclass
from typing import Literal

from torch import Tensor
from torch.nn import functional as F

from segmem.core import Settings
from segmem.core.errors import GeometryError


class FitSettings(Settings):
    """How a model wants its frames."""

    longest: int | None = 320
    """Pixels of the longer side on the model's grid; none keeps the frame's own scale."""
    multiple: int = 32
    """Both sides are padded, right and below, to a multiple of this."""
    square: bool = False
    """Stretch both sides to `longest`, as SAM2 was trained, in place of keeping the frame's shape."""


@dataclass(frozen=True, slots=True)
class Fit:
    """The plan for one frame size. All sizes are (rows, columns).

    Attributes:
        size: the frame's own.
        scaled: after resizing, before padding.
        grid: what the model sees.
    """

    size: tuple[int, int]
    scaled: tuple[int, int]
    grid: tuple[int, int]


def plan(size: tuple[int, int], settings: FitSettings) -> Fit:
    """The plan for frames of `size` (H, W).

    Raises:
        GeometryError: a side is smaller than one pixel.
    """
    if min(size) < 1:
        raise GeometryError(f"A frame of {size[0]} x {size[1]} pixels holds nothing to segment.")
    scale = 1.0 if settings.longest is None else settings.longest / max(size)
    if settings.square and settings.longest is not None:
        side = settings.longest
        return Fit(size, (side, side), (side, side))
    rows, columns = (max(1, round(side * scale)) for side in size)
    up = settings.multiple
    return Fit(size, (rows, columns), (-(-rows // up) * up, -(-columns // up) * up))


def resize(frames: Tensor, size: tuple[int, int], mode: Literal["image", "logits", "labels"]) -> Tensor:
    """Resize (..., C, H, W) to `size`; labels take the nearest pixel, images are antialiased when shrunk."""
    if tuple(frames.shape[-2:]) == size:
        return frames
    lead = frames.shape[:-3]
    flat = frames.reshape(-1, *frames.shape[-3:]) if len(lead) != 1 else frames
    if mode == "labels":
        out = F.interpolate(flat.float(), size, mode="nearest-exact").to(frames.dtype)
    else:
        shrinks = mode == "image" and size[0] * size[1] < flat.shape[-2] * flat.shape[-1]
        if not flat.is_floating_point() and flat.device.type != "cpu":
            flat = flat.float()  # other devices have no antialiased resize of bytes
        out = F.interpolate(flat, size, mode="bilinear", align_corners=False, antialias=shrinks)
    return out.reshape(*lead, *out.shape[-3:])


def pad(frames: Tensor, fit: Fit, value: float = 0.0) -> Tensor:
    """Pad (..., `scaled`) to (..., `grid`), right and below."""
    below, right = fit.grid[0] - fit.scaled[0], fit.grid[1] - fit.scaled[1]
    return F.pad(frames, (0, right, 0, below), value=value) if below or right else frames


def unpad(frames: Tensor, fit: Fit) -> Tensor:
    """Crop (..., `grid`) to (..., `scaled`)."""
    return frames[..., : fit.scaled[0], : fit.scaled[1]]


def unfit(logits: Tensor, fit: Fit) -> Tensor:
    """(..., K, `grid`) to (..., K, `size`). Logits of a lower resolution than the grid are brought to it first where
    there is padding to cut, else straight to the size."""
    if fit.scaled == fit.grid:
        return resize(logits, fit.size, "logits")
    return resize(unpad(resize(logits, fit.grid, "logits"), fit), fit.size, "logits")


def fit_labels(labels: Tensor, fit: Fit) -> Tensor:
    """Label maps (T, `size`) to (T, `grid`); padding is background."""
    return pad(resize(labels[:, None], fit.scaled, "labels"), fit)[:, 0]


def unfit_labels(labels: Tensor, fit: Fit) -> Tensor:
    """Label maps (T, `grid`) to (T, `size`)."""
    return resize(unpad(labels, fit)[:, None], fit.size, "labels")[:, 0]


def require_size(frame: Tensor, fit: Fit, where: str) -> None:
    """Raise GeometryError where a frame of a stream is not the size it began with."""
    if tuple(frame.shape[-2:]) != fit.size:
        raise GeometryError(
            f"{where}: a frame is {frame.shape[-1]} x {frame.shape[-2]} pixels, the first one was"
            f" {fit.size[1]} x {fit.size[0]}. Split the clip where the size changes."
        )
