"""Which suffix is which kind of file, and the name a file gives its case."""

from pathlib import Path
from typing import Literal

Form = Literal["image", "video", "volume"]

SUFFIXES: dict[Form, tuple[str, ...]] = {
    "image": (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"),
    "video": (
        *(".mp4", ".avi", ".mov", ".mkv", ".m4v", ".webm", ".mpg", ".mpeg", ".wmv", ".ts", ".mts", ".m2ts"),
        *(".mxf", ".ogv", ".flv", ".3gp", ".y4m"),
    ),
    "volume": (".nii.gz", ".nii", ".nrrd", ".mha"),
}


def suffix(path: Path) -> str:
    """The lower-case suffix that says what the file is; `.nii.gz` counts as one, none gives ``."""
    name = path.name.lower()
    return ".nii.gz" if name.endswith(".nii.gz") else path.suffix.lower()


def form(path: Path) -> Form | None:
    """What a file of this name holds; None where the suffix is not known."""
    mine = suffix(path)
    return next((kind for kind, known in SUFFIXES.items() if mine in known), None)


def case_name(path: Path) -> str:
    """The file's name without its suffix (`.nii.gz` as one); other dots stay, as in `scan.v2.nii.gz`."""
    mine = suffix(path)
    return path.name[: -len(mine)] if mine and len(path.name) > len(mine) else path.name


def known_suffixes() -> str:
    """The list for messages."""
    return "; ".join(f"{kind}s {' '.join(known)}" for kind, known in SUFFIXES.items())
