"""The layouts of the EndoVis 2015 instrument challenge: robotic videos with mask videos, rigid still frames.

Written to the challenge's published description. Robotic: `Dataset1/Video.avi` beside `Segmentation.avi`, or beside
`Left_` and `Right_Instrument_Segmentation.avi`. Rigid: `OP1/Raw/img_01_raw.png` beside `OP1/Masks/img_01_class.png`.
Grey 160 is the shaft, 70 the manipulator; a video's codec blurs them, so the nearest is taken.
A folder named for EndoVis that holds our own layouts, its classes as numbers, is read too.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import zip_longest
from pathlib import Path

import torch
from torch import Tensor

from segmem.core.errors import GeometryError, InputError
from segmem.data import image_masks, video_masks
from segmem.data.cases import LabelledCase, LabelledFrame, require_one_grid
from segmem.data.frame_files import read_pairs
from segmem.data.grouping import group_of
from segmem.data.recognition import Recognition, counted

CLASSES = ("background", "shaft", "manipulator", "shaft of the right tool", "manipulator of the right tool")
SHAFT, MANIPULATOR = 160, 70
VIDEO, TRUTH = "Video.avi", "Segmentation.avi"
SIDES = ("Left_Instrument_Segmentation.avi", "Right_Instrument_Segmentation.avi")
OPERATION = r"^(OP\d+)"
RAW = re.compile(r"(img_\d+)_raw\.png")


def _near(root: Path) -> list[Path]:
    return [root, *sorted(root.glob("*/")), *sorted(root.glob("*/*/"))]


def _videos(root: Path) -> list[Path]:
    return [folder for folder in _near(root) if (folder / VIDEO).is_file() and _truths(folder)]


def _truths(folder: Path) -> tuple[Path, ...]:
    sides = tuple(folder / side for side in SIDES)
    if all(path.is_file() for path in sides):
        return sides
    return (folder / TRUTH,) if (folder / TRUTH).is_file() else ()


def _operations(root: Path) -> list[Path]:
    return [folder for folder in _near(root) if any((folder / "Masks").glob("img_*_class.png"))]


def _ours(root: Path) -> str:
    """Which of our own layouts a folder named for EndoVis has."""
    if "endovis" not in root.resolve().name.casefold():
        return ""
    return "videos" if video_masks.recognises(root) else "stills" if image_masks.recognises(root) else ""


def recognises(root: Path) -> Recognition:
    """Whether `root`, or folders in it or below, are laid out as the challenge released them."""
    videos, operations, ours = _videos(root), _operations(root), _ours(root)
    if videos:
        return Recognition(
            f"{counted(len(videos), 'folder')} with {VIDEO} beside {TRUTH} of the whole or of each side"
        )
    if operations:
        return Recognition(f"{counted(len(operations), 'folder')} with Masks/img_NN_class.png beside Raw/")
    if ours:
        return Recognition(f"its name says EndoVis, and it holds {ours} with masks of class numbers")
    lonely = next((folder for folder in _near(root) if (folder / VIDEO).is_file()), None)
    return Recognition(lacks=f"has {lonely.name}/{VIDEO}, but no {TRUTH} beside it" if lonely else "")


def classes(root: Path) -> dict[int, str]:
    """Label value to name. One tool has 1 and 2, and so have all tools of a still frame; a second one has 3 and 4."""
    stills = not _videos(root) and (bool(_operations(root)) or _ours(root) == "stills")
    return dict(enumerate(CLASSES[:3] if stills else CLASSES))


def cases(root: Path, group: str | None) -> list[LabelledCase]:
    """One case a video, or a still frame; a dataset or an operation is the group unless a pattern says more.

    Raises:
        InputError: a label map has no picture.
    """
    stills = [case for folder in _operations(root) for case in _stills(folder, group)]
    found = [_video(folder, group) for folder in _videos(root)] + stills
    if found or not _ours(root):
        return found
    if _ours(root) == "videos":
        return video_masks.cases(root, group)
    return [_by_operation(case, group) for case in image_masks.cases(root, group)]


def read_grey(greys: Tensor) -> Tensor:
    """Classes (H, W) uint8 of a mask's grey values (H, W): each the nearest of background, manipulator and shaft."""
    classes = torch.zeros_like(greys, dtype=torch.uint8)
    classes[greys.int() > MANIPULATOR // 2] = CLASSES.index("manipulator")
    classes[greys.int() > (MANIPULATOR + SHAFT) // 2] = CLASSES.index("shaft")
    return classes


def _video(folder: Path, group: str | None) -> LabelledCase:
    name, truths = folder.resolve().name, _truths(folder)
    video = folder / VIDEO
    return LabelledCase(
        name=name,
        group=group_of(name, group),
        kind="video",
        read=partial(_frames, video, truths),
        files=(video, *truths),
        inputs=(video,),
    )


def _frames(video: Path, truths: Sequence[Path]) -> Iterator[LabelledFrame]:
    """Frames beyond the mask videos' end have no label.

    Raises:
        GeometryError: a mask video is of another size, or longer than its video.
    """
    from segmem.io.video import VideoFile

    masks = zip_longest(*(VideoFile(path) for path in truths))
    for index, (frame, drawn) in enumerate(zip_longest(VideoFile(video), masks)):
        if frame is None:
            raise GeometryError(
                f"{truths[0]}: labels frame {index}, but {video.name} has {index} readable frames. Is it whole?"
            )
        label = None
        if drawn is not None and None not in drawn:
            for mask in drawn:
                require_one_grid(frame.shape[-2:], mask.shape[-2:], f"{video.parent.name} frame {index}")
            label = _joined(drawn)
        yield frame, label


def _joined(drawn: Sequence[Tensor]) -> Tensor:
    """One map of the tools: the second tool's classes come after the first's, and lie over them."""
    label = read_grey(drawn[0][0])
    for tool, mask in enumerate(drawn[1:], start=1):
        other = read_grey(mask[0])
        label = torch.where(other > 0, other + 2 * tool, label)
    return label


def _stills(folder: Path, group: str | None) -> list[LabelledCase]:
    operation = folder.resolve().name
    raws = {found[1]: path for path in folder.glob("Raw/*.png") if (found := RAW.fullmatch(path.name))}
    made = []
    for mask in sorted((folder / "Masks").glob("img_*_class.png")):
        stem, name = (
            mask.name.removesuffix("_class.png"),
            f"{operation}_{mask.name.removesuffix('_class.png')}",
        )
        if stem not in raws:
            raise InputError(f"{mask}: no {stem}_raw.png in {folder / 'Raw'}.")
        made.append(
            LabelledCase(
                name=name,
                group=operation if group is None else group_of(name, group),
                kind="image",
                read=partial(read_pairs, [(raws[stem], mask)], _read_still),
                files=(raws[stem], mask),
                inputs=(raws[stem],),
            )
        )
    return made


def _read_still(path: Path) -> Tensor:
    from segmem.io.masks import read_mask

    return read_grey(read_mask(path))


def _by_operation(case: LabelledCase, group: str | None) -> LabelledCase:
    known = group is None and re.search(OPERATION, case.name)
    return replace(case, group=known[1]) if known else case
