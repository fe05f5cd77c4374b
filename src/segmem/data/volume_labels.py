"""The layout `images/` + `labels/*.nii.gz`: 3D scans, each a clip of slices."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from segmem.core.errors import InputError
from segmem.data.cases import LabelledCase, LabelledFrame, require_one_grid
from segmem.data.grouping import group_of

SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha")


def _volumes(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(folder.glob("*")):
        suffix = next((s for s in SUFFIXES if path.name.lower().endswith(s)), None)
        if suffix is not None and path.is_file():
            found[path.name[: -len(suffix)]] = path
    return found


def recognises(root: Path) -> bool:
    """Whether `root` has a folder of scans and one of label maps."""
    return bool(_volumes(root / "images")) and bool(_volumes(root / "labels"))


def cases(root: Path, group: str | None) -> list[LabelledCase]:
    """One case for each scan that has a label map of the same name.

    Raises:
        InputError: a label map has no scan.
    """
    images, labels = _volumes(root / "images"), _volumes(root / "labels")
    orphan = next((path for stem, path in labels.items() if stem not in images), None)
    if orphan is not None:
        raise InputError(f"{orphan}: no scan of this name in {root / 'images'}.")
    return [
        LabelledCase(
            name=stem,
            group=group_of(stem, group),
            kind="volume",
            read=partial(_read, images[stem], label),
            files=(images[stem], label),
        )
        for stem, label in labels.items()
    ]


def _read(image: Path, label: Path) -> Iterator[LabelledFrame]:
    from segmem.io.volume import read_label_volume, read_volume

    clip = read_volume(image)
    truth = read_label_volume(label, like=clip.geometry)
    require_one_grid((clip.length, *clip.geometry.size), tuple(truth.shape), image.name)
    yield from zip(clip.frames, truth, strict=True)
