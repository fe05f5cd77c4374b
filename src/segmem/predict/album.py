"""Frames of whatever a caller names, by number and in any order; a video is not held in memory."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from segmem.core import Clip, FrameSource, Kind
from segmem.core.errors import InputError, UsageError
from segmem.io.case import Case
from segmem.io.sources import find_cases, open_case
from segmem.io.video import VideoFile
from segmem.io.window import FrameWindow
from segmem.predict.frames import Frame, as_frame
from segmem.predict.stream import whole


@dataclass(frozen=True, slots=True)
class Album:
    """Frames that can be asked for by number.

    Attributes:
        at: gives frame number t (C, H, W), or None where there is none.
        size: (H, W) of the first frame.
        kind: what they are.
        length: T; None where nobody counted them.
        expected: T, or what the file's header lets one expect.
        scan: all slices (T, C, H, W) of a volume, whose intensities are seen against all of it; else None.
    """

    at: Callable[[int], Tensor | None]
    size: tuple[int, int]
    kind: Kind
    length: int | None
    expected: int | None
    scan: Tensor | None = None


def album(frames: FrameSource | Iterable[Frame] | str | Path) -> Album:
    """The frames of a path, a clip, or frames as they are.

    A video file, or a folder of frames, is read as it is needed: a few frames are held. An image, a scan and
    what does not come from a file are held whole.

    Raises:
        UsageError: the path names several cases or a camera, or a frame is not one.
        InputError: the path names nothing that can be read, or there is no frame.
    """
    if isinstance(frames, str | Path):
        return _of_case(_one(frames))
    if isinstance(frames, FrameSource):
        return _of_clip(whole(frames))
    held = [as_frame(frame) for frame in frames]
    if not held:
        raise InputError("There is no frame to segment.")
    size = (held[0].shape[-2], held[0].shape[-1])
    return Album(dict(enumerate(held)).get, size, "video", len(held), len(held))


def _one(path: str | Path) -> Case:
    cases = find_cases(str(path))
    if len(cases) > 1:
        raise UsageError(f"{path} holds {len(cases)} cases; name one of them.")
    if cases[0].form == "camera":
        raise UsageError("A camera is seen once and forward; use segmem.stream. Here frames are seen again.")
    return cases[0]


def _of_case(case: Case) -> Album:
    source = open_case(case)
    if isinstance(source, Clip):
        return _of_clip(source)
    guessed = isinstance(source, VideoFile) and source.length_is_estimate
    return Album(
        at=FrameWindow(lambda t: open_case(case, t)),
        size=source.geometry.size,
        kind=source.geometry.kind,
        length=None if guessed else source.length,
        expected=source.length,
    )


def _of_clip(clip: Clip) -> Album:
    kind = clip.geometry.kind
    return Album(
        at=dict(enumerate(clip.frames)).get,
        size=clip.geometry.size,
        kind=kind,
        length=clip.length,
        expected=clip.length,
        scan=clip.frames if kind == "volume" else None,
    )
