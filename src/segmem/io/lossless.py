"""Frames kept without loss: PNG for one, FFV1 in Matroska for many."""

from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from PIL import Image
from torch import Tensor

from segmem.core.errors import GeometryError


def write_png(path: Path, frame: Tensor) -> None:
    """Save a picture (3, H, W) uint8, or (1, H, W) in grey."""
    pixels = frame.permute(1, 2, 0).cpu().numpy()
    Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(
        path, format="PNG", compress_level=1
    )


class LosslessVideo:
    """Writes frames (3, H, W) uint8 of one size; what is read back is equal to the bit.

    Args:
        path: a `.mkv` file.
        fps: frames a second.
    """

    def __init__(self, path: Path, fps: int = 25) -> None:
        import av

        self._container = av.open(str(path), "w")
        self._stream = self._container.add_stream("ffv1", rate=fps)
        self._stream.pix_fmt = "bgr0"
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and self._count:
            self._container.mux(self._stream.encode(None))
        self._container.close()

    def write(self, frame: Tensor) -> None:
        """Add one frame.

        Raises:
            GeometryError: it is of another size than the first.
        """
        import av

        pixels = np.ascontiguousarray(frame.permute(1, 2, 0).cpu().numpy())
        if not self._count:
            self._stream.height, self._stream.width = pixels.shape[:2]
        if pixels.shape[:2] != (self._stream.height, self._stream.width):
            raise GeometryError(
                f"Frame {self._count} is {pixels.shape[1]} x {pixels.shape[0]} pixels, the first one was"
                f" {self._stream.width} x {self._stream.height}. The frames of a video must be of one size."
            )
        picture = av.VideoFrame.from_ndarray(pixels, format="rgb24")
        picture.pts = self._count
        self._count += 1
        self._container.mux(self._stream.encode(picture))
