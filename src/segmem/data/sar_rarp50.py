"""The layout of SAR-RARP50: `video_1/video_left.avi` (60 fps) beside `segmentation/000000060.png`, one in 60 frames.

Written to the challenge's published description (Psychogyios et al. 2023). Its toolkit's `rgb/000000060.png` in place
of the video is read too.
"""

from functools import partial
from pathlib import Path

from segmem.data.cases import LabelledCase
from segmem.data.frame_files import Pair, read_pairs
from segmem.data.grouping import group_of
from segmem.data.recognition import Recognition, counted
from segmem.data.video_masks import numbered, read_video

CLASSES = (
    "background",
    "tool clasper",
    "tool wrist",
    "tool shaft",
    "suturing needle",
    "thread",
    "suction tool",
    "needle holder",
    "clamps",
    "catheter",
)
VIDEO, PICTURES, MASKS = "video_left.avi", "rgb", "segmentation"
PARTS = r"^(video_\d+)"  # video_11_1 and video_11_2 are parts of one operation


def _folders(root: Path) -> list[Path]:
    near = [root, *(path for path in root.glob("*") if path.is_dir()), *root.glob("*/*/")]
    return sorted({folder for folder in near if _is_video(folder)})


def _is_video(folder: Path) -> bool:
    return (folder / MASKS).is_dir() and ((folder / VIDEO).is_file() or (folder / PICTURES).is_dir())


def recognises(root: Path) -> Recognition:
    """Whether `root`, or a folder in it or below, has `segmentation/` beside `video_left.avi` or `rgb/`."""
    found = _folders(root)
    if found:
        return Recognition(f"{counted(len(found), 'folder')} with {MASKS}/ beside {VIDEO} or {PICTURES}/")
    lonely = next((path.parent for path in (*root.glob(VIDEO), *root.glob(f"*/{VIDEO}"))), None)
    return Recognition(lacks=f"has {lonely.name}/{VIDEO}, but no {MASKS}/ beside it" if lonely else "")


def classes(_root: Path) -> dict[int, str]:
    """Label value to name."""
    return dict(enumerate(CLASSES))


def cases(root: Path, group: str | None) -> list[LabelledCase]:
    """One case a folder; parts of one operation are one group unless a pattern says more.

    Raises:
        FormatError: a mask or picture is not named by its frame's number.
    """
    return [_case(folder, group) for folder in _folders(root)]


def _case(folder: Path, group: str | None) -> LabelledCase:
    name, masks = folder.resolve().name, numbered(folder / MASKS)
    video = folder / VIDEO
    pairs = [] if video.is_file() else _pictures(folder, masks)
    read = partial(read_pairs, pairs) if pairs else partial(read_video, video, masks)
    inputs = tuple(picture for picture, _ in pairs) or (video,)
    known = name.startswith("video_") and name[6:7].isdecimal()
    return LabelledCase(
        name=name,
        group=group_of(name, group or (PARTS if known else None)),
        kind="video",
        read=read,
        files=(*inputs, *masks.values()),
        inputs=inputs,
    )


def _pictures(folder: Path, masks: dict[int, Path]) -> list[Pair]:
    return [(path, masks.get(number)) for number, path in sorted(numbered(folder / PICTURES).items())]
