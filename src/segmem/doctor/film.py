"""A video: how it is stored, and whether every frame can be had."""

from contextlib import suppress
from itertools import islice, pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from segmem.core.errors import GeometryError, SegmemError
from segmem.doctor.finding import Code, Finding, Looked
from segmem.doctor.persons import key_names, may_name
from segmem.doctor.reading import reason, refused, unreadable

if TYPE_CHECKING:
    from segmem.io.video import VideoFile

DAMAGED = Code(
    "video-damaged",
    "warning",
    "Frames cannot be decoded, or the video ends early.",
    "The good frames are segmented and the others left out; times after a gap no longer fit the count.",
    "Copy the file again from where it came.",
)
SIZE = Code(
    "video-size-changes",
    "fault",
    "The size of the frames changes.",
    "A stream keeps one grid; labels of one part would not fit the other.",
    "Split the video where the size changes.",
)
VARIABLE = Code(
    "video-variable-rate",
    "note",
    "The time from frame to frame varies.",
    "Labels belong to frames, not to times: frame number divided by the rate is not the time.",
    "Nothing for segmentation. Where times matter, read them from the file.",
)
ROTATED = Code(
    "video-rotated",
    "note",
    "The file asks to be shown turned.",
    "segmem turns it; masks drawn by a program that does not would lie elsewhere.",
    "Check that its masks have the turned size.",
)
ODD = Code(
    "video-odd-size",
    "note",
    "Width or height is odd.",
    "Most encoders cannot write it: an overlay is padded by one pixel, label maps are not.",
    "Nothing.",
)
DEEP = Code(
    "video-deep",
    "note",
    "The video has more than 8 bits a channel.",
    "It is read with 8, which is what models are trained on.",
    "Nothing.",
)
ALPHA = Code(
    "video-alpha",
    "note",
    "The video has an alpha channel.",
    "It is dropped, and what it hid shows.",
    "Nothing.",
)
INTERLACED = Code(
    "video-interlaced",
    "warning",
    "The video is interlaced.",
    "Two moments are woven into each frame; what moves has combs for edges, and so have its masks.",
    "Deinterlace it before labelling and training, for example with FFmpeg's bwdif filter.",
)
BLACK = Code(
    "video-black-frames",
    "note",
    "Frames are black.",
    "Nothing can be seen on them; the memory keeps what was seen before.",
    "Nothing, or cut them off.",
)
NAMES = Code(
    "video-names-patient",
    "warning",
    "A text inside the video's file may name the patient.",
    "Whoever gets the file gets the name. segmem copies no text into what it writes.",
    "Copy the streams without metadata before sharing it, for example: ffmpeg -i IN -map_metadata -1 -c copy OUT.",
)
ALL = 3000
"""Longer videos are decoded in part."""
PART = 500
_BLACK = 16
_APART = 0.25  # of the usual step, by which a step differs


def examine(path: Path, where: str) -> Looked:
    """Facts and findings of a video; the first `ALL` frames are decoded, of a longer one `PART`."""
    if (closed := unreadable(path, where)) is not None:
        return Looked({}, [closed])
    from segmem.io.video import VideoFile

    try:
        video = VideoFile(path)
        facts, found = _of_container(path, where)
        return Looked(facts, [*found, *_of_frames(video, where, facts)])
    except GeometryError as error:
        return Looked(facts, [*found, SIZE.at(where, reason(error, path))])
    except SegmemError as error:
        return Looked({}, [refused(error, path, where)])


def _of_container(path: Path, where: str) -> tuple[dict[str, Any], list[Finding]]:
    import av

    with av.open(f"file:{path}", options={"protocol_whitelist": "file"}) as container:
        stream = container.streams.video[0]
        form = stream.codec_context.format
        rate = stream.average_rate or stream.guessed_rate
        facts = {
            "codec": stream.codec_context.name,
            "size": [stream.codec_context.width, stream.codec_context.height],
            "fps": round(float(rate), 3) if rate else None,
            "pixels": form.name if form else None,
        }
        found = []
        if form and max(part.bits for part in form.components) > 8:
            found.append(DEEP.at(where, f"its pixels are {form.name}"))
        if form and any(part.is_alpha for part in form.components):
            found.append(ALPHA.at(where, f"its pixels are {form.name}"))
        if stream.codec_context.width % 2 or stream.codec_context.height % 2:
            found.append(ODD.at(where, f"it is {stream.codec_context.width} x {stream.codec_context.height}"))
        named = sorted(k for k, text in container.metadata.items() if key_names(k) or may_name(text))
        if named:
            found.append(NAMES.at(where, f"in {', '.join(named)}"))
        found += _of_first(container, where)
    with av.open(f"file:{path}", options={"protocol_whitelist": "file"}) as container:
        times = _times(container)
    facts["frames"] = len(times)
    return facts, [*found, *_of_times(times, where)]


def _of_first(container: Any, where: str) -> list[Finding]:
    from av.error import FFmpegError

    from segmem.io.decode import display_matrix

    try:
        frame = next(iter(container.decode(video=0)), None)
    except FFmpegError:  # the frames' own examination says how many
        return []
    if frame is None:
        return []
    found = []
    matrix = display_matrix(frame)
    if matrix is not None and (matrix[0] <= 0 or matrix[3] <= 0):
        found.append(ROTATED.at(where, "it carries a display matrix"))
    if frame.interlaced_frame:
        found.append(INTERLACED.at(where, "its first frame says so"))
    return found


def _times(container: Any) -> list[float]:
    """Seconds at which frames are shown, in order."""
    from av.error import FFmpegError

    times: list[float] = []
    with suppress(FFmpegError):  # what was read before it stays
        times.extend(
            float(packet.pts * packet.time_base)
            for packet in container.demux(video=0)
            if packet.size and packet.pts is not None and packet.time_base
        )
    return sorted(times)


def _of_times(times: list[float], where: str) -> list[Finding]:
    steps = [b - a for a, b in pairwise(times)]
    if len(steps) < 2:
        return []
    usual = median(steps)
    odd = sum(abs(step - usual) > _APART * usual for step in steps)
    if odd == 0:
        return []
    return [VARIABLE.at(where, f"{odd} of {len(steps)} steps are not {1000 * usual:.3g} ms, the usual one")]


def _of_frames(video: "VideoFile", where: str, facts: dict[str, Any]) -> list[Finding]:
    expected = facts["frames"] or 0
    black = good = 0
    for frame in islice(video, PART if expected > ALL else None):
        good += 1
        black += int(frame.max()) < _BLACK
    facts["decoded"] = good
    found = []
    if video.damage:
        found.append(DAMAGED.at(where, reason(ValueError(video.damage), video.path)))
    elif good == 0:
        video.geometry  # noqa: B018 - says why
    if black:
        found.append(BLACK.at(where, f"{black} of {good} frames"))
    return found
