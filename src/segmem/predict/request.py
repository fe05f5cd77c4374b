"""What a person asks of `segmem predict`."""

import re
from pathlib import Path
from typing import Literal

from pydantic import Field

from segmem.core import Settings
from segmem.core.errors import UsageError
from segmem.predict.prompting import Asked

Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["auto", "float32", "bfloat16"]


class Request(Settings):
    """One run. The command's options, one field each."""

    source: str
    """A file, a folder, a glob, the number of a camera or the address of a stream."""
    out: Path
    """A folder, or one file for one image or scan."""
    model: str | None = None
    """A shipped name, a run folder or a weights file; none takes the one model made for this input."""
    as_: Literal["clip", "cases"] | None = None
    """Whether a folder of pictures is one clip or a case each; none decides by their names and sizes."""
    series: str | None = None
    """Which DICOM series: its number in the list, its short form or its uid."""
    allow_gaps: bool = False
    """Read a DICOM scan though slices are missing, unevenly spaced or there twice."""
    seg: bool = False
    """Also write a DICOM-SEG."""
    rtstruct: bool = False
    """Also write an RTSTRUCT."""
    deidentify: bool = True
    """Keep the patient's name, ID and dates out of the DICOM that is written."""
    overlay: bool = False
    """Also write overlay.mp4 of each video."""
    confidence: bool = False
    """Also write how sure the model is of each pixel."""
    probabilities: bool = False
    """Also write how probable each class is at each voxel of a scan."""
    min_volume_mm3: float | None = Field(default=None, gt=0)
    """Pieces of a scan's classes that are smaller become background."""
    keep_largest: bool = False
    """Of each class of a scan, only the largest piece stays."""
    instances: bool = False
    """Also write each connected piece of a scan's classes as an object of its own."""
    statistics: bool = False
    """Also write a table of each scan's classes."""
    preview: bool = False
    """Also draw three planes of each scan with its labels."""
    memory: bool = True
    """Look back at what the stream has shown; off is the 2D network alone."""
    device: Device = "auto"
    precision: Precision = "auto"
    threads: int | None = Field(default=None, ge=1)
    """For the network; none leaves it to torch."""
    patience: float = Field(default=30.0, gt=0)
    """Seconds without a picture that end a camera or a stream."""
    resume: bool = False
    """Skip what is whole already and continue what was interrupted."""
    overwrite: bool = True
    """Replace outputs of an earlier run."""
    asked: Asked | None = None
    """Prompts, for a promptable model."""
    direction: Literal["forward", "backward", "both"] | None = None
    """Which way from the prompted frames; none is both ways for a scan, and forward otherwise."""
    show_prompts: Path | None = None
    """A .png file, or a folder, to draw the prompts in."""
    max_memory: int | None = Field(default=None, ge=1)
    """Bytes that the run may use at most."""
    bank: Path | None = None
    """A memory of other cases, for a model that has one; none is the model's own, and `none` leaves it out."""
    update_bank: Path | None = None
    """Where to write it with what these cases add; none adds nothing."""
    bank_task: str = ""
    """What the entries that are added are said to be of."""
    explain: bool = False
    """Also write which entries of other cases each frame used."""
    command: tuple[str, ...] = ()
    """As it was typed, for the manifest."""


def as_bytes(text: str) -> int:
    """Bytes of a size such as `2GB`, `1.5 GiB`, `800MB` or `4000000000`.

    Raises:
        UsageError: it is none.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(i?)B?\s*", text, re.IGNORECASE)
    if found is None or float(found[1]) == 0:
        raise UsageError(f"--max-memory {text!r} is no size. Write it as 2GB or 800MB.")
    power = " KMGT".index(found[2].upper() or " ")
    return int(float(found[1]) * (1024 if found[3] else 1000) ** power)
