"""A DICOM file of many pictures, or of one, as a stream of RGB frames, decoded as they are asked for."""

import warnings
from collections.abc import Iterator
from io import BytesIO
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segmem.core import Geometry
from segmem.core.errors import FormatError
from segmem.io.decode import Pictures
from segmem.io.dicom.files import pydicom, read_header
from segmem.io.dicom.pixels import as_rgb, stored
from segmem.io.dicom.series import Series
from segmem.io.dicom.syntax import VIDEO
from segmem.io.sniff import not_a


class DicomVideo:
    """Frames (3, H, W) uint8 RGB in order; each iteration decodes from the beginning again.

    Attributes:
        name: of the case.
        length: frames from `start` on.

    Raises:
        FormatError: while iterating, the file is damaged or cut short.
    """

    def __init__(self, series: Series, name: str, start: int = 0) -> None:
        self.series, self.name, self.start = series, name, start

    @property
    def length(self) -> int:
        return max(0, len(self.series.frames) - self.start)

    @property
    def geometry(self) -> Geometry:
        header: dict[str, object] = {"format": "dicom", "series": self.series}
        return Geometry(self.series.kind, self.series.shape[1:], fps=self.series.fps, header=header)

    def __iter__(self) -> Iterator[Tensor]:
        for picture in self._pictures():
            yield torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)

    def _pictures(self) -> Iterator[NDArray[np.uint8]]:
        frames = self.series.frames[self.start :]
        if not frames:
            return
        path = frames[0].path
        header = read_header(path)
        if str(getattr(header.file_meta, "TransferSyntaxUID", "")) in VIDEO:
            yield from islice(_streamed(path, self.series.shape[1:]), self.start, None)
            return
        for frame, array in stored(frames, self.series.shape[1:]):
            yield as_rgb(frame, array, header)


def _streamed(path: Path, size: tuple[int, int]) -> Iterator[NDArray[np.uint8]]:
    """Pictures of a file whose pixel data is one stream of MPEG-2, H.264 or HEVC."""
    import av

    dicom = pydicom()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = dicom.dcmread(path).get("PixelData")
    if not data:
        raise FormatError(f"{path} holds no pixels. Export it again.")
    try:
        stream = BytesIO(next(dicom.encaps.generate_frames(data, number_of_frames=1)))
        with av.open(stream, mode="r") as container:
            for picture in Pictures(container):
                if picture.shape[:2] != size:
                    raise FormatError(f"{path}: its stream is {picture.shape[:2]}, its header says {size}.")
                yield picture
    except (av.error.FFmpegError, ValueError, IndexError, StopIteration) as why:
        raise not_a(path, "a DICOM video", why) from None
