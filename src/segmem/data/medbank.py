"""The layout of MedBank, SAMed-2's training data: `TASK/{image,mask}/CASE_slice_001.png`, listed in train.txt.

Written to what SAMed-2's code reads. Slices of one case are a clip, in the order of their numbers; masks are of one
object. The lists split by image, so that a case may be in several of them: all are read, and a split is made anew.
"""

import re
from functools import partial
from pathlib import Path, PurePosixPath

import torch
from torch import Tensor

from segmem.core.errors import FormatError, InputError
from segmem.data.cases import LabelledCase
from segmem.data.frame_files import files_of, read_pairs
from segmem.data.grouping import group_of
from segmem.data.recognition import Recognition
from segmem.io.within import require_within

LISTS = ("train.txt", "val.txt", "test.txt")
IMAGE, MASK = "image", "mask"
CLASSES = ("background", "object")
SLICE = re.compile(r"(.+?)(?:_slice)?_(\d+)")


def recognises(root: Path) -> Recognition:
    """Whether `root` has lists of pictures in folders called image/."""
    lists = [name for name in LISTS if (root / name).is_file()]
    if not lists:
        tasks = [path for path in root.glob(f"*/{IMAGE}/") if (path.parent / MASK).is_dir()]
        return Recognition(lacks=f"has TASK/{IMAGE}/ and TASK/{MASK}/, but no {LISTS[0]}" if tasks else "")
    lines = _lines(root / lists[0])
    if not lines or not all(PurePosixPath(line).parent.name == IMAGE for line in lines):
        return Recognition(lacks=f"{lists[0]} does not list pictures in folders {IMAGE}/")
    return Recognition(f"{' and '.join(lists)} list pictures in TASK/{IMAGE}/, masks are in TASK/{MASK}/")


def classes(_root: Path) -> dict[int, str]:
    """Label value to name."""
    return dict(enumerate(CLASSES))


def cases(root: Path, group: str | None) -> list[LabelledCase]:
    """One case for all slices of it, called TASK_CASE; it is its group unless a pattern says more.

    Raises:
        InputError: a listed picture or its mask is missing, or is outside the folder.
    """
    clips: dict[str, dict[int, Path]] = {}
    for name in LISTS:
        for line in _lines(root / name) if (root / name).is_file() else ():
            picture = root / line
            case, number = _place(picture)
            clips.setdefault(case, {})[number] = picture
    return [_case(root, name, numbered, group) for name, numbered in clips.items()]


def read_object(path: Path) -> Tensor:
    """One object's mask (H, W) uint8: 1 inside, whether it was saved as 1 or as 255.

    Raises:
        FormatError: it holds other values.
    """
    from segmem.io.masks import read_mask

    values = read_mask(path)
    found = torch.unique(values).tolist()
    if not set(found) <= {0, 1} and not set(found) <= {0, 255}:
        raise FormatError(f"{path}: a mask of one object holds 0 and 1, or 0 and 255; this one {found[:5]}.")
    return (values > 0).to(torch.uint8)


def _lines(path: Path) -> list[str]:
    return [
        line.strip()
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
        if line.strip()
    ]


def _place(picture: Path) -> tuple[str, int]:
    """Of a slice: the case, with its task before it, and the number."""
    found, task = SLICE.fullmatch(picture.stem), picture.parent.parent.name
    return (f"{task}_{found[1]}", int(found[2])) if found else (f"{task}_{picture.stem}", 0)


def _case(root: Path, name: str, numbered: dict[int, Path], group: str | None) -> LabelledCase:
    pictures = [numbered[number] for number in sorted(numbered)]
    pairs = [(picture, picture.parent.parent / MASK / picture.name) for picture in pictures]
    require_within(root, (path for pair in pairs for path in pair))
    missing = next((path for pair in pairs for path in pair if not path.is_file()), None)
    if missing is not None:
        raise InputError(
            f"{missing} is missing, but a list names it or its picture. Copy it, or leave it out."
        )
    return LabelledCase(
        name=name,
        group=group_of(name, group),
        kind="image" if len(pairs) == 1 else "video",
        read=partial(read_pairs, pairs, read_object),
        files=files_of(pairs),
        inputs=tuple(pictures),
    )
