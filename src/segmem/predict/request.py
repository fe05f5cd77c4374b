"""What a person asks of `segmem predict`."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from segmem.core import Settings

Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["auto", "float32", "bfloat16"]


class Request(Settings):
    """One run. The command's options, one field each."""

    source: str
    """A file, a folder, a glob, or the number of a camera."""
    out: Path
    """A folder, or one file for one image or scan."""
    model: str | None = None
    """A shipped name, a run folder or a weights file; none takes the one model made for this input."""
    as_: Literal["clip", "cases"] | None = None
    """Whether a folder of pictures is one clip or a case each; none decides by their names and sizes."""
    overlay: bool = False
    """Also write overlay.mp4 of each video."""
    device: Device = "auto"
    precision: Precision = "auto"
    threads: int | None = Field(default=None, ge=1)
    """For the network; none leaves it to torch."""
    resume: bool = False
    """Skip what is whole already and continue what was interrupted."""
    overwrite: bool = True
    """Replace outputs of an earlier run."""
    command: tuple[str, ...] = ()
    """As it was typed, for the manifest."""
