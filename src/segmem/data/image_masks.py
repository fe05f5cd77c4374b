"""The layout `images/` + `masks/*.png`: still images, each a clip of one frame."""

from functools import partial
from pathlib import Path

from segmem.core.errors import InputError
from segmem.data.cases import LabelledCase
from segmem.data.class_names import read_class_names
from segmem.data.frame_files import read_pairs
from segmem.data.grouping import group_of
from segmem.data.recognition import Recognition, counted

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")


def recognises(root: Path) -> Recognition:
    """Whether `root` has a folder of images and one of masks."""
    masks = sum(1 for _ in (root / "masks").glob("*.png"))
    if masks and (root / "images").is_dir():
        return Recognition(f"{counted(masks, 'file')} masks/*.png beside images/")
    there = [name for name in ("images", "masks") if (root / name).is_dir()]
    if not there:
        return Recognition()
    return Recognition(
        lacks=f"has {' and '.join(f'{name}/' for name in there)}, but not images/ with masks/*.png"
    )


def classes(root: Path) -> dict[int, str]:
    """Label value to name, where classes.json says so."""
    return read_class_names(root)


def cases(root: Path, group: str | None) -> list[LabelledCase]:
    """One case for each image that has a mask of the same name.

    Raises:
        InputError: a mask has no image.
    """
    images = {
        path.stem: path for path in sorted((root / "images").iterdir()) if path.suffix.lower() in SUFFIXES
    }
    masks = {path.stem: path for path in sorted((root / "masks").glob("*.png"))}
    orphan = next((path for stem, path in masks.items() if stem not in images), None)
    if orphan is not None:
        raise InputError(f"{orphan}: no image of this name in {root / 'images'}.")
    return [
        LabelledCase(
            name=stem,
            group=group_of(stem, group),
            kind="image",
            read=partial(read_pairs, [(images[stem], mask)]),
            files=(images[stem], mask),
            inputs=(images[stem],),
        )
        for stem, mask in masks.items()
    ]
