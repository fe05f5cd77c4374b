"""Pictures of prompted frames with their prompts drawn, so that a person sees what was understood."""

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import Tensor

from segmem.core import Clip, FrameSource, Prompt
from segmem.core.errors import PromptError
from segmem.core.prompt import merged
from segmem.io.blend import blend
from segmem.io.outputs import staged
from segmem.io.palette import PALETTE
from segmem.ops.intensity import IntensitySettings, window

_LEAST = 512  # pixels of the longer side: small scans are enlarged by a whole factor


def show_prompts(source: FrameSource, prompts: Sequence[Prompt], out: Path) -> list[Path]:
    """Write a picture of each prompted frame; the paths written.

    Args:
        source: of the frames; read as far as the last prompted one.
        prompts: checked before.
        out: one .png file for one frame; else a folder, in which frame 34 is `00034.png`.

    Raises:
        PromptError: `out` is one file and several frames are prompted.
        OutputError: it cannot be written.
    """
    each = {frame: [p for p in prompts if p.frame == frame] for frame in sorted({p.frame for p in prompts})}
    one_file = out.suffix.lower() == ".png" and not out.is_dir()
    if one_file and len(each) > 1:
        raise PromptError(f"{out} is one picture, {len(each)} frames have prompts. Name a folder.")
    written = []
    for index, frame in _frames(source, list(each)):
        path = out if one_file else out / f"{index:05d}.png"
        with staged(path, folder=False) as half:
            draw(frame, each[index]).save(half)
        written.append(path)
    return written


def draw(frame: Tensor, prompts: Iterable[Prompt]) -> Image.Image:
    """A picture of a frame (1 or 3, H, W) with its prompts, each object in its colour of label maps.

    Masks are tinted, boxes outlined, points a plus inside and a minus outside; ids stand beside boxes and points.
    Frames that are small are shown larger; those of scans between their own percentiles.
    """
    each = merged(prompts)
    picture = _rgb(frame)
    for prompt in each:
        if prompt.mask is not None:
            inside = np.asarray(prompt.mask) != 0
            picture = blend(picture, (inside * prompt.object).astype(np.uint8))
    factor = max(1, math.ceil(_LEAST / max(picture.shape[:2])))
    image = Image.fromarray(picture.repeat(factor, axis=0).repeat(factor, axis=1))
    pen = _Pen(image, factor)
    for prompt in each:
        pen.draw(prompt)
    return image


class _Pen:
    """Draws on an enlarged picture, in the pixels of the frame: 0 is the middle of the first."""

    def __init__(self, image: Image.Image, factor: int) -> None:
        self.on = ImageDraw.Draw(image)
        self.factor = factor
        self.thick = max(2, round(max(image.size) / 400))

    def draw(self, prompt: Prompt) -> None:
        colour = PALETTE[prompt.object]
        if prompt.box is not None:
            x0, y0, x1, y1 = prompt.box
            corners = (*self._at(x0, y0), *self._at(x1, y1))
            self.on.rectangle(corners, outline=colour, width=self.thick)
            self._name(corners[0], corners[1], prompt.object)
        for x, y, label in prompt.points:
            self._point(*self._at(x, y), inside=bool(label), colour=colour)
            self._name(*self._at(x, y), prompt.object)

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return (x + 0.5) * self.factor, (y + 0.5) * self.factor

    def _point(self, x: float, y: float, inside: bool, colour: tuple[int, int, int]) -> None:
        radius = 4 * self.thick
        self.on.ellipse(
            (x - radius, y - radius, x + radius, y + radius), fill=colour, outline="white", width=self.thick
        )
        arm = radius / 2
        self.on.line((x - arm, y, x + arm, y), fill="black", width=self.thick)
        if inside:
            self.on.line((x, y - arm, x, y + arm), fill="black", width=self.thick)

    def _name(self, x: float, y: float, which: int) -> None:
        near = 5 * self.thick
        self.on.text((x + near, y + near), str(which), fill="white", stroke_width=1, stroke_fill="black")


def _frames(source: FrameSource, wanted: list[int]) -> Iterator[tuple[int, Tensor]]:
    if isinstance(source, Clip):
        yield from ((index, source.frames[index]) for index in wanted)
        return
    for index, frame in enumerate(source):
        if index in wanted:
            yield index, frame
        if index >= max(wanted, default=0):
            return


def _rgb(frame: Tensor) -> NDArray[np.uint8]:
    """(H, W, 3)."""
    shown = frame.cpu()
    if shown.is_floating_point():
        low, high = window(shown[None], IntensitySettings(kind="percentile"))
        shown = ((torch.nan_to_num(shown, nan=low) - low) / (high - low) * 255).clamp(0, 255).byte()
    return np.ascontiguousarray(shown.expand(3, -1, -1).permute(1, 2, 0).numpy())
