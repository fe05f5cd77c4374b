"""A .npy file that grows frame by frame, for arrays whose length is known only at their end."""

import io
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray


class GrowingArray:
    """Append frames of one shape and type; closing writes the final length into the header.

    Memory use is one frame. The file appears under its name only when it is whole.
    """

    def __init__(self, path: Path, dtype: type[np.generic] = np.uint8) -> None:
        self.path, self.dtype, self.length = path, np.dtype(dtype), 0
        self._shape: tuple[int, ...] | None = None
        self._part = path.with_suffix(".part")
        self._file = self._part.open("wb")

    def append(self, frame: NDArray[np.generic]) -> None:
        """Write one more frame.

        Raises:
            ValueError: its shape is not the first one's.
        """
        if self._shape is None:
            self._shape = frame.shape
            self._file.write(self._header())
        if frame.shape != self._shape:
            raise ValueError(
                f"{self.path.name}: frame {self.length} has shape {frame.shape}, not {self._shape}"
            )
        self._file.write(np.ascontiguousarray(frame, dtype=self.dtype).tobytes())
        self.length += 1

    def _header(self) -> bytes:
        """A header whose size does not depend on the length: numpy leaves room for the first axis to grow."""
        stream = io.BytesIO()
        described = np.lib.format.dtype_to_descr(self.dtype)
        shape = (self.length, *(self._shape or ()))
        np.lib.format.write_array_header_1_0(
            stream, {"descr": described, "fortran_order": False, "shape": shape}
        )
        return stream.getvalue()

    def close(self) -> None:
        """Finish the file; with no frames there is none."""
        if self._shape is not None:
            self._file.seek(0)
            self._file.write(self._header())
        self._file.close()
        if self._shape is None:
            self._part.unlink()
        else:
            self._part.replace(self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._file.close()
            self._part.unlink(missing_ok=True)


def read_mapped(path: Path) -> NDArray[np.generic]:
    """The array, mapped into memory and never unpickled."""
    array: NDArray[np.generic] = np.load(path, mmap_mode="r", allow_pickle=False)
    return array
