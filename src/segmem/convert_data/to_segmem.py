"""Cases in our own layouts: `video.*` beside `masks/`, `images/` with `masks/`, `images/` with `labels/`."""

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from segmem.convert_data.label_map import LabelMap, Mapper
from segmem.convert_data.scan_files import SUFFIX, write_scan_files
from segmem.core.errors import FormatError, UsageError
from segmem.data.cases import LabelledCase
from segmem.data.class_names import write_class_names
from segmem.io.formats import form, suffix
from segmem.io.lossless import LosslessVideo, write_png
from segmem.io.masks import FrameLabelsWriter, write_mask


def check(cases: Sequence[LabelledCase], channels: Sequence[int]) -> None:
    """Whether one folder can hold these cases.

    Raises:
        UsageError: they are of several kinds, or have several channels.
    """
    kinds = sorted({case.kind for case in cases})
    if len(kinds) > 1:
        raise UsageError(
            f"The data holds {' and '.join(kinds)}s; one folder of ours holds one kind. Split them."
        )
    if len(channels) > 1:
        raise UsageError(
            f"Scans of ours have one channel, these have {len(channels)} ({', '.join(cases[0].channels)}). Name one"
            f" with --channel {cases[0].channels[0]}."
        )


def write(case: LabelledCase, home: Path, channels: Sequence[int], wanted: LabelMap) -> tuple[str, ...]:
    """Write one case into `home`; its name there.

    Raises:
        InputError, FormatError, GeometryError: it cannot be read, or has labels that no map covers.
    """
    if case.kind == "volume":
        images, labels = _folder(home / "images"), _folder(home / "labels")
        file = f"{case.name}{SUFFIX}"
        write_scan_files(case, channels, [images / file], labels / file, wanted)
    elif case.kind == "image":
        _picture(case, _folder(home / "images"), _folder(home / "masks"), wanted)
    else:
        _video(case, _folder(home / case.name), wanted)
    return (case.name,)


def finish(home: Path, wanted: LabelMap) -> None:
    """Write the names of the classes."""
    if wanted.names and not wanted.same:
        write_class_names(home, wanted.names)


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def _picture(case: LabelledCase, images: Path, masks: Path, wanted: LabelMap) -> None:
    mapper = Mapper(wanted)
    for frame, label in case.read():
        if label is None:
            raise FormatError(f"{case.name} has no label map.")
        write_png(images / f"{case.name}.png", frame)
        write_mask(masks / f"{case.name}.png", mapper(label))
    mapper.require_covered(case.name)


def _video(case: LabelledCase, home: Path, wanted: LabelMap) -> None:
    """A video file is copied as it is; pictures become one without loss."""
    mapper, masks = Mapper(wanted), FrameLabelsWriter(home / "masks")
    file = case.inputs[0] if case.inputs and form(case.inputs[0]) == "video" else None
    with ExitStack() as stack:
        made = None if file else stack.enter_context(LosslessVideo(home / "video.mkv"))
        for index, (frame, label) in enumerate(case.read()):
            if made is not None:
                made.write(frame)
            if label is not None:
                masks.write(index, mapper(label))
    mapper.require_covered(case.name)
    if file is not None:
        shutil.copyfile(file, home / f"video{suffix(file)}")
