"""The layout of DAVIS: `JPEGImages/480p/SEQUENCE/00000.jpg` beside `Annotations/480p/SEQUENCE/00000.png`.

A sequence is a case. `frames/SEQUENCE/` beside `masks/SEQUENCE/` is read alike. Label maps keep their values: 0 and 255
of DAVIS 2016, an index for each object of DAVIS 2017.
"""

from functools import partial
from pathlib import Path

from segmem.core.errors import InputError
from segmem.data.cases import LabelledCase
from segmem.data.frame_files import files_of, read_pairs
from segmem.data.grouping import group_of
from segmem.data.recognition import Recognition, counted
from segmem.io.numbered import in_order

PAIRS = (("JPEGImages", "Annotations"), ("frames", "masks"))
SUFFIXES = (".jpg", ".jpeg", ".png")


def _homes(root: Path) -> tuple[Path, Path] | None:
    """The folders of the sequences' pictures and label maps, at the lowest resolution that has both."""
    for pictures, masks in PAIRS:
        if not (root / pictures).is_dir() or not (root / masks).is_dir():
            continue
        levels = ["", *sorted(path.name for path in (root / masks).iterdir() if path.is_dir())]
        for level in sorted(levels, key=lambda name: (name != "480p", name)):
            homes = root / pictures / level, root / masks / level
            if homes[0].is_dir() and _sequences(*homes):
                return homes
    return None


def _sequences(pictures: Path, masks: Path) -> list[str]:
    names = (path.name for path in sorted(masks.iterdir()) if path.is_dir() and any(path.glob("*.png")))
    return [name for name in names if (pictures / name).is_dir() and _pictures(pictures / name)]


def _pictures(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if path.suffix.lower() in SUFFIXES]


def recognises(root: Path) -> Recognition:
    """Whether `root` has folders of pictures and of label maps, a folder in both for each sequence."""
    homes = _homes(root)
    if homes is None:
        half = [one for pair in PAIRS[:1] for one in pair if (root / one).is_dir()]
        lacks = (
            f"has {half[0]}/, but not JPEGImages/ and Annotations/ with a sequence in both" if half else ""
        )
        return Recognition(lacks=lacks)
    inner, outer = (home.relative_to(root) for home in homes)
    return Recognition(
        f"{counted(len(_sequences(*homes)), 'sequence')} with pictures in {inner}/ and masks in {outer}/"
    )


def classes(_root: Path) -> dict[int, str]:
    """None: an object of one sequence is another thing than that of the next."""
    return {}


def cases(root: Path, group: str | None) -> list[LabelledCase]:
    """One case a sequence; the sequence is its group unless a pattern says more.

    Raises:
        InputError: a label map has no picture.
    """
    homes = _homes(root)
    return [] if homes is None else [_case(*homes, name, group) for name in _sequences(*homes)]


def _case(pictures: Path, masks: Path, name: str, group: str | None) -> LabelledCase:
    frames = in_order(_pictures(pictures / name))
    truth = {path.stem: path for path in sorted((masks / name).glob("*.png"))}
    orphan = sorted(set(truth) - {path.stem for path in frames})
    if orphan:
        raise InputError(f"{truth[orphan[0]]}: no picture of this name in {pictures / name}.")
    pairs = [(path, truth.get(path.stem)) for path in frames]
    return LabelledCase(
        name=name,
        group=group_of(name, group),
        kind="video",
        read=partial(read_pairs, pairs),
        files=files_of(pairs),
        inputs=frames,
    )
