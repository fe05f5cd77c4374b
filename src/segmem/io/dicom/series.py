"""What is known of one DICOM series from its headers."""

from dataclasses import dataclass
from pathlib import Path

from segmem.core.clip import Affine, Kind
from segmem.io.dicom.header import Frame
from segmem.io.dicom.identity import short
from segmem.io.dicom.order import Problem


@dataclass(frozen=True, slots=True)
class Series:
    """One series, from its headers.

    Attributes:
        uid: SeriesInstanceUID.
        description: body part and description without anything that names the patient.
        modality: as DICOM has it: CT, MR, US, ES...
        kind: what its frames are.
        frames: in order: by position where there is one, else by InstanceNumber.
        shape: (T, H, W).
        samples: values a pixel, 1 or 3.
        affine: (column, row, slice) -> (R, A, S) in mm; None unless a volume.
        spacing_mm: slice, row, column; None unless a volume.
        fps: frames a second; None where nobody says.
        photometric: how stored values are meant: MONOCHROME2, RGB...
        problems: what a person should know.
    """

    uid: str
    description: str
    modality: str
    kind: Kind
    frames: tuple[Frame, ...]
    shape: tuple[int, int, int]
    samples: int
    affine: Affine | None = None
    spacing_mm: tuple[float, float, float] | None = None
    fps: float | None = None
    photometric: str = "MONOCHROME2"
    problems: tuple[Problem, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """Each once, in the order of the frames."""
        return tuple(dict.fromkeys(frame.path for frame in self.frames))

    @property
    def name(self) -> str:
        """Safe for files and to be told: the modality and a short hash of the uid."""
        plain = "".join(letter for letter in self.modality if letter.isalnum()) or "OT"
        return f"{plain}_{self.short}"

    @property
    def short(self) -> str:
        """A short hash of its uid; of the file's own where a series has several of its kind."""
        by_itself = self.kind != "volume" or (len(self.files) == 1 and len(self.frames) > 1)
        return short(self.frames[0].instance if by_itself else self.uid)

    @property
    def told(self) -> str:
        """One line for a list."""
        t, h, w = self.shape
        what = {"volume": "slices", "video": "frames", "image": "images"}[self.kind]
        return f"{self.short}  {self.modality}  {t} {what} of {h} x {w}  {self.description}".rstrip()
