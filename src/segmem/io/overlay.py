"""A video of the frames with their labels drawn over them, for people to look at."""

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast

import numpy as np
from torch import Tensor

from segmem.core.errors import OutputError
from segmem.io.blend import blend, strip

if TYPE_CHECKING:
    from av.video.stream import VideoStream

__all__ = ["OverlayVideo", "blend", "strip"]

_DEFAULT_FPS = 25.0


class OverlayVideo:
    """Use as a context: the file is finished when it ends. H.264 where FFmpeg has it, else MPEG-4; yuv420p.

    Args:
        path: of the video; its suffix says the container.
        size: (H, W) of the frames; odd sides get one pixel more, so that every player opens the file.
        fps: frames a second; 25 where the source has none.
        opacity: of the tint, 0 to 1.

    Raises:
        OutputError: the file cannot be created.
    """

    def __init__(self, path: Path, size: tuple[int, int], fps: float | None, opacity: float = 0.4) -> None:
        import av

        self.size = size
        self.opacity = opacity
        coder = "libx264" if "libx264" in av.codecs_available else "mpeg4"
        try:
            self._container = av.open(f"file:{path}", "w", options={"movflags": "+faststart"})
            path.touch()  # FFmpeg would create it with the first frame only
        except (OSError, ValueError, av.error.FFmpegError) as why:
            raise OutputError(
                f"{path} cannot be created ({why}). Check the folder and the suffix (.mp4)."
            ) from None
        rate = Fraction(fps or _DEFAULT_FPS).limit_denominator(1001)
        stream = cast("VideoStream", self._container.add_stream(coder, rate=rate))
        stream.height, stream.width = (side + side % 2 for side in size)
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": "23", "preset": "veryfast"} if coder == "libx264" else {"qscale": "4"}
        self._stream: VideoStream | None = stream

    def write(self, rgb: Tensor, labels: Tensor) -> None:
        """Append a frame: rgb (3, H, W) uint8, labels (H, W) uint8."""
        import av

        picture = blend(rgb.permute(1, 2, 0).cpu().numpy(), labels.cpu().numpy(), self.opacity)
        below, right = (side % 2 for side in self.size)
        if below or right:
            picture = np.pad(picture, ((0, below), (0, right), (0, 0)), mode="edge")
        if self._stream is None:
            raise ValueError("this overlay video is finished")
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Finish the file. Once is enough; more does no harm."""
        if self._stream is None:
            return
        stream, self._stream = self._stream, None
        self._container.mux(stream.encode(None))
        self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
