"""What to convert, and into what."""

from pathlib import Path
from typing import Literal

from segmem.core import Settings

To = Literal["segmem", "nnunet"]


class Request(Settings):
    """One conversion."""

    source: Path
    """A folder of labelled cases."""
    target: Path
    """The folder to write."""
    to: To
    """segmem: video.* beside masks/, images/ with masks/, or images/ with labels/. nnunet: nnU-Net raw, version 2."""
    layout: str | None = None
    """Of the source; none recognises it."""
    label_map: tuple[str, ...] = ()
    """SOURCE=TARGET, each a value or a name."""
    classes: tuple[str, ...] = ()
    """Names of the target's classes by id, the background first; none takes the source's."""
    channel: str | None = None
    """Of scans with several: only this one."""
    modality: str | None = None
    """What nnU-Net is to call the channel of scans whose layout does not name it; it normalises CT by that name."""
    group: str | None = None
    """A pattern that finds the patient in a case's name, for nnU-Net's splits."""
    overwrite: bool = False
    """Replace an earlier conversion."""
    resume: bool = False
    """Go on in what an interrupted conversion left."""
