"""The layout of CholecSeg8k: `video01/video01_00080/frame_80_endo.png` beside `frame_80_endo_watershed_mask.png`.

Written to the dataset's published description (Hong et al. 2020). A clip of 80 frames is a case, its video the group.
"""

import re
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from segmem.core.errors import FormatError
from segmem.data.cases import LabelledCase
from segmem.data.frame_files import files_of, read_pairs
from segmem.data.grouping import group_of
from segmem.data.recognition import Recognition, counted

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
COLOURS = {
    (127, 127, 127): 0,
    (210, 140, 140): 1,
    (255, 114, 114): 2,
    (231, 70, 156): 3,
    (186, 183, 75): 4,
    (170, 255, 0): 5,
    (255, 85, 0): 6,
    (255, 0, 0): 7,
    (255, 255, 0): 8,
    (169, 255, 184): 9,
    (255, 160, 165): 10,
    (0, 50, 128): 11,
    (111, 74, 0): 12,
}
"""Class of each colour of a colour mask."""
WATERSHED, COLOUR = "_watershed_mask.png", "_color_mask.png"
FRAME = re.compile(r"frame_(\d+)_endo\.png")
VIDEO = r"^(video\d+)"
STRANGE = 255


def _clips(root: Path) -> list[Path]:
    folders = [root, *(path for path in root.glob("*") if path.is_dir()), *root.glob("*/*/")]
    return sorted({folder for folder in folders if next(folder.glob("frame_*_endo.png"), None) is not None})


def recognises(root: Path) -> Recognition:
    """Whether `root`, or a folder in it or below, holds frames named as CholecSeg8k names them."""
    found = _clips(root)
    return Recognition(
        f"{counted(len(found), 'folder')} of frame_N_endo.png with their masks" if found else ""
    )


def classes(_root: Path) -> dict[int, str]:
    """Label value to name."""
    return dict(enumerate(CLASSES))


def cases(root: Path, group: str | None) -> list[LabelledCase]:
    """One case a clip, its frames by their number; the group is the video unless a pattern says more.

    Watershed masks are read; colour masks where a clip has no watershed mask at all.

    Raises:
        FormatError: a frame has no mask.
    """
    return [_case(folder, group) for folder in sorted(_clips(root), key=_first)]


def _first(folder: Path) -> tuple[str, int]:
    """Clips of a video come by the number of their first frame: video01_00080 before video01_15019."""
    found = re.fullmatch(r"(.*?)_?(\d+)", folder.resolve().name)
    return (found[1], int(found[2])) if found else (folder.resolve().name, 0)


def _case(folder: Path, group: str | None) -> LabelledCase:
    name = folder.resolve().name
    numbered = {int(found[1]): path for path in folder.iterdir() if (found := FRAME.fullmatch(path.name))}
    frames = [numbered[number] for number in sorted(numbered)]  # by number: frame_100 comes after frame_80
    ending, read = (WATERSHED, read_watershed) if _any(folder, WATERSHED) else (COLOUR, read_colours)
    pairs = [(path, path.with_name(f"{path.stem}{ending}")) for path in frames]
    missing = next((mask for _, mask in pairs if not mask.is_file()), None)
    if missing is not None:
        raise FormatError(
            f"{missing} is missing; every frame of CholecSeg8k has its watershed and colour mask."
        )
    known = re.search(VIDEO, name)
    return LabelledCase(
        name=name,
        group=group_of(name, group or (VIDEO if known else None)),
        kind="video",
        read=partial(read_pairs, pairs, read),
        files=files_of(pairs),
        inputs=tuple(frames),
    )


def _any(folder: Path, ending: str) -> bool:
    return next(folder.glob(f"frame_*_endo{ending}"), None) is not None


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


def read_colours(path: Path) -> Tensor:
    """Classes (H, W) uint8 of a colour mask. White and black are edges, taken for background.

    Raises:
        FormatError: it holds a colour that no class has.
    """
    from segmem.io.images import read_rgb

    picture = torch.from_numpy(read_rgb(path)).int()
    packed = (picture[..., 0] << 16) | (picture[..., 1] << 8) | picture[..., 2]
    classes = torch.full(packed.shape, STRANGE, dtype=torch.uint8)
    for (red, green, blue), one in (COLOURS | {(edge,) * 3: 0 for edge in EDGES}).items():
        classes[packed == (red << 16) | (green << 8) | blue] = one
    strange = picture[classes == STRANGE]
    if len(strange):
        raise FormatError(
            f"{path}: colour {tuple(strange[0].tolist())} is no class of CholecSeg8k. Was it resized, or saved as JPEG?"
        )
    return classes
