"""The layout `images/` + `labels/*.nii.gz`: 3D scans, each a clip of slices."""

from pathlib import Path

from segmem.core.errors import InputError
from segmem.data.cases import LabelledCase
from segmem.data.class_names import read_class_names
from segmem.data.grouping import group_of
from segmem.data.recognition import Recognition, counted
from segmem.data.scans import scan_case

SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha")


def _volumes(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(folder.glob("*")):
        suffix = next((s for s in SUFFIXES if path.name.lower().endswith(s)), None)
        if suffix is not None and path.is_file():
            found[path.name[: -len(suffix)]] = path
    return found


def recognises(root: Path) -> Recognition:
    """Whether `root` has a folder of scans and one of label maps."""
    images, labels = _volumes(root / "images"), _volumes(root / "labels")
    if images and labels:
        return Recognition(f"{counted(len(labels), 'scan')} in labels/ beside images/")
    half = "images" if images else "labels" if labels else ""
    return Recognition(lacks=f"has scans in {half}/, but not in both images/ and labels/" if half else "")


def classes(root: Path) -> dict[int, str]:
    """Label value to name, where classes.json says so."""
    return read_class_names(root)


def cases(root: Path, group: str | None) -> list[LabelledCase]:
    """One case for each scan that has a label map of the same name.

    Raises:
        InputError: a label map has no scan.
    """
    images, labels = _volumes(root / "images"), _volumes(root / "labels")
    orphan = next((path for stem, path in labels.items() if stem not in images), None)
    if orphan is not None:
        raise InputError(f"{orphan}: no scan of this name in {root / 'images'}.")
    return [scan_case(stem, group_of(stem, group), (images[stem],), label) for stem, label in labels.items()]
