"""The layout `video.*` + `masks/<frame number>.png`: one video a folder, any of its frames labelled."""

from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path

from segmem.core.errors import FormatError, GeometryError
from segmem.data.cases import LabelledCase, LabelledFrame, require_one_grid
from segmem.data.class_names import read_class_names
from segmem.data.grouping import group_of
from segmem.data.recognition import Recognition, counted


def _video(folder: Path) -> Path | None:
    found = sorted(path for path in folder.glob("video.*") if path.is_file())
    return found[0] if found and (folder / "masks").is_dir() else None


def _folders(root: Path) -> list[Path]:
    candidates = [root, *sorted(path for path in root.iterdir() if path.is_dir())]
    return [folder for folder in candidates if _video(folder) is not None]


def recognises(root: Path) -> Recognition:
    """Whether `root`, or a folder in it, has a video beside masks."""
    found = _folders(root)
    if found:
        return Recognition(f"{counted(len(found), 'folder')} with video.* beside masks/")
    lonely = next((path for path in (root, *sorted(root.glob("*/"))) if any(path.glob("video.*"))), None)
    return Recognition(lacks=f"has {lonely.name}/video.*, but no masks/ beside it" if lonely else "")


def classes(root: Path) -> dict[int, str]:
    """Label value to name, where classes.json says so."""
    return read_class_names(root)


def cases(root: Path, group: str | None) -> list[LabelledCase]:
    """One case a folder; the folder's name is its name, and its group unless a pattern says more."""
    return [_case(folder, group) for folder in _folders(root)]


def _case(folder: Path, group: str | None) -> LabelledCase:
    video = _video(folder)
    assert video is not None  # noqa: S101  _folders chose it
    masks = numbered(folder / "masks")
    return LabelledCase(
        name=folder.resolve().name,
        group=group_of(folder.resolve().name, group),
        kind="video",
        read=partial(read_video, video, masks),
        files=(video, *masks.values()),
        inputs=(video,),
    )


def numbered(folder: Path) -> dict[int, Path]:
    """PNG files by the frame number that names them.

    Raises:
        FormatError: another name.
    """
    masks: dict[int, Path] = {}
    for path in sorted(folder.glob("*.png")):
        if not path.stem.isdecimal():
            raise FormatError(f"{path}: a mask is named by its frame's number from 0, as in 00012.png.")
        masks[int(path.stem)] = path
    return masks


def read_video(video: Path, masks: dict[int, Path]) -> Iterator[LabelledFrame]:
    """Every frame of a video, with the mask of those that have one.

    Raises:
        GeometryError: a mask of another size, or of a frame beyond the end.
    """
    from segmem.io.masks import read_mask
    from segmem.io.video import VideoFile

    decoded = 0
    for index, frame in zip(count(), VideoFile(video), strict=False):
        decoded = index + 1
        path = masks.get(index)
        label = None if path is None else read_mask(path)
        if label is not None:
            require_one_grid(frame.shape[-2:], label.shape, f"{video.parent.name} frame {index}")
        yield frame, label
    beyond = [path for index, path in masks.items() if index >= decoded]
    if beyond:
        raise GeometryError(
            f"{beyond[0]}: labels frame {int(beyond[0].stem)}, but {video.name} has {decoded} readable frames"
            f" ({len(beyond)} masks lie beyond its end). Is the video whole, and are masks numbered from 0?"
        )
