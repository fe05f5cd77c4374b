"""One thing to segment, and where it is."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from segmem.core import Kind

if TYPE_CHECKING:  # only a DICOM case has one
    from segmem.io.dicom.series import Series


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to segment.

    Attributes:
        name: unique among the cases found together; safe as a file name.
        kind: what a model sees.
        form: how it is stored.
        paths: its file, its frames in order, the files of a DICOM series, or none for a camera.
        camera: index of the camera, or the address of a stream; None for files.
        series: of DICOM; else None.
        allow_gaps: read a DICOM series though slices are missing.
    """

    name: str
    kind: Kind
    form: Literal["image", "video", "frames", "volume", "dicom", "camera"]
    paths: tuple[Path, ...] = ()
    camera: int | str | None = None
    series: "Series | None" = None
    allow_gaps: bool = False
