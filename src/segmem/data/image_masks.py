"""The layout `images/` + `masks/*.png`: still images, each a clip of one frame."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from segmem.core.errors import InputError
from segmem.data.cases import LabelledCase, LabelledFrame, require_one_grid
from segmem.data.grouping import group_of

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")


def recognises(root: Path) -> bool:
    """Whether `root` has a folder of images and one of masks."""
    return (root / "images").is_dir() and any((root / "masks").glob("*.png"))


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
            read=partial(_read, images[stem], mask),
            files=(images[stem], mask),
        )
        for stem, mask in masks.items()
    ]


def _read(image: Path, mask: Path) -> Iterator[LabelledFrame]:
    from segmem.io.images import read_image
    from segmem.io.masks import read_mask

    frame, label = read_image(image).frames[0], read_mask(mask)
    require_one_grid(frame.shape[-2:], label.shape, image.stem)
    yield frame, label
