"""A camera of this machine as an endless stream of frames."""

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from segmem.core import Geometry
from segmem.core.errors import SurroundingsError
from segmem.io.decode import Pictures

if TYPE_CHECKING:
    from av.container import InputContainer


class Camera:
    """Frames (3, H, W) uint8 RGB of `/dev/video<index>`, until the reader stops asking.

    Raises:
        SurroundingsError: there is no such camera, another program holds it, or it gives no picture.
    """

    length: int | None = None

    def __init__(self, index: int, name: str | None = None) -> None:
        self.index = index
        self.name = f"camera{index}" if name is None else name
        self._open().close()

    @cached_property
    def geometry(self) -> Geometry:
        with self._open() as container:
            rate = container.streams.video[0].average_rate
            for picture in Pictures(container):
                return Geometry(
                    "video", (picture.shape[0], picture.shape[1]), fps=float(rate) if rate else None
                )
        raise SurroundingsError(f"Camera {self.index} gives no picture. Is it covered by another program?")

    def __iter__(self) -> Iterator[Tensor]:
        with self._open() as container:
            for picture in Pictures(container):
                yield torch.from_numpy(picture).permute(2, 0, 1)

    def _open(self) -> "InputContainer":
        import av

        device = f"/dev/video{self.index}"
        try:
            container = av.open(device, format="v4l2")
        except (av.error.FFmpegError, ValueError) as why:
            raise SurroundingsError(
                f"No camera {self.index}: {device} cannot be opened ({getattr(why, 'strerror', None) or why})."
                " Connect one, or name a video file."
            ) from None
        return container
