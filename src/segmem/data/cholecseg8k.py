"""The layout of CholecSeg8k: `video01/video01_00080/frame_80_endo.png` beside `frame_80_endo_watershed_mask.png`.

Written to the dataset's published description (Hong et al. 2020). A clip of 80 frames is a case, its video the group.
"""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from segmem.core.errors import FormatError
from segmem.data.cases import LabelledCase, LabelledFrame, require_one_grid
from segmem.data.grouping import group_of

CLASSES = (
    "background",
    "abdominal wall",
    "liver",
    "gastrointestinal tract",
    "fat",
    "grasper",
    "connective tissue",
    "blood",
    "cystic duct",
    "L-hook electrocautery",
    "gallbladder",
    "hepatic vein",
    "liver ligament",
)
GREYS = {50: 0, 11: 1, 21: 2, 13: 3, 12: 4, 31: 5, 23: 6, 24: 7, 25: 8, 32: 9, 22: 10, 33: 11, 5: 12}
"""Class of each grey value of a watershed mask."""
EDGES = (0, 255)  # drawn around the picture by the annotation tool; taken for background
FRAME = re.compile(r"frame_(\d+)_endo\.png")
VIDEO = r"^(video\d+)"
STRANGE = 255


def _clips(root: Path) -> list[Path]:
    folders = [root, *(path for path in root.glob("*") if path.is_dir()), *root.glob("*/*/")]
    return sorted({folder for folder in folders if next(folder.glob("frame_*_endo.png"), None) is not None})


def recognises(root: Path) -> bool:
    """Whether `root`, or a folder in it or below, holds frames named as CholecSeg8k names them."""
    return bool(_clips(root))


def cases(root: Path, group: str | None) -> list[LabelledCase]:
    """One case a clip, its frames by their number; the group is the video unless a pattern says more.

    Raises:
        FormatError: a frame has no watershed mask.
    """
    return [_case(folder, group) for folder in _clips(root)]


def _case(folder: Path, group: str | None) -> LabelledCase:
    name = folder.resolve().name
    numbered = {int(found[1]): path for path in folder.iterdir() if (found := FRAME.fullmatch(path.name))}
    frames = [numbered[number] for number in sorted(numbered)]  # by number: frame_100 comes after frame_80
    masks = [path.with_name(f"{path.stem}_watershed_mask.png") for path in frames]
    missing = [path for path in masks if not path.is_file()]
    if missing:
        raise FormatError(f"{missing[0]} is missing; every frame of CholecSeg8k has its watershed mask.")
    known = re.search(VIDEO, name)
    return LabelledCase(
        name=name,
        group=group_of(name, group or (VIDEO if known else None)),
        kind="video",
        read=partial(_read, frames, masks),
        files=(*frames, *masks),
    )


def _read(frames: list[Path], masks: list[Path]) -> Iterator[LabelledFrame]:
    from segmem.io.images import read_image

    for frame, mask in zip(frames, masks, strict=True):
        picture, label = read_image(frame).frames[0], read_watershed(mask)
        require_one_grid(picture.shape[-2:], label.shape, str(frame))
        yield picture, label


def read_watershed(path: Path) -> Tensor:
    """Classes (H, W) uint8 of a watershed mask.

    Raises:
        FormatError: it holds a grey value that no class has.
    """
    from segmem.io.masks import read_mask

    greys = read_mask(path)
    table = torch.full((256,), STRANGE, dtype=torch.uint8)
    for grey, one in (GREYS | dict.fromkeys(EDGES, 0)).items():
        table[grey] = one
    classes: Tensor = table[greys.long()]
    strange = greys[classes == STRANGE]
    if len(strange):
        raise FormatError(
            f"{path}: grey value {int(strange[0])} is no class of CholecSeg8k. Is it the colour mask, or resized?"
        )
    return classes
