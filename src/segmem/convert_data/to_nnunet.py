"""Cases in nnU-Net's raw layout, version 2: scans as NIfTI, pictures and labelled frames of videos as PNG in colour."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from segmem.convert_data.label_map import LabelMap, Mapper
from segmem.convert_data.scan_files import SUFFIX, write_scan_files
from segmem.core.errors import FormatError, UsageError
from segmem.data.cases import LabelledCase
from segmem.data.folds import FOLDS, SplitWish, make_folds, require_no_frames
from segmem.data.nnunet import IMAGES, LABELS, SPLITS
from segmem.io.lossless import write_png
from segmem.io.masks import write_grey
from segmem.io.outputs import write_json_atomic, write_text_atomic

PNG = ".png"
COLOURS = ("R", "G", "B")
UNNAMED = "image"


def check(cases: Sequence[LabelledCase]) -> None:
    """Whether one dataset can hold these cases.

    Raises:
        UsageError: scans are mixed with pictures, or with scans of other channels.
    """
    if len({case.kind == "volume" for case in cases}) > 1:
        raise UsageError(
            "The data holds scans and pictures; a dataset of nnU-Net holds one kind. Split them."
        )
    if len({case.channels for case in cases}) > 1:
        raise UsageError(
            "The scans have different channels; those of a dataset must be the same. Split them."
        )


def write(case: LabelledCase, home: Path, channels: Sequence[int], wanted: LabelMap) -> tuple[str, ...]:
    """Write one case into `home`; its names there: of a video, one for each labelled frame.

    Raises:
        InputError, FormatError, GeometryError: it cannot be read, or has labels that no map covers.
    """
    for folder in (IMAGES, LABELS):
        (home / folder).mkdir(parents=True, exist_ok=True)
    if case.kind == "volume":
        images = [home / IMAGES / f"{case.name}_{place:04d}{SUFFIX}" for place in range(len(channels))]
        write_scan_files(case, channels, images, home / LABELS / f"{case.name}{SUFFIX}", wanted)
        return (case.name,)
    names, mapper = [], Mapper(wanted)
    for index, (frame, label) in enumerate(case.read()):
        if label is None:
            continue
        names.append(case.name if case.kind == "image" else f"{case.name}_frame{index:05d}")
        write_png(home / IMAGES / f"{names[-1]}_0000{PNG}", frame)
        write_grey(home / LABELS / f"{names[-1]}{PNG}", mapper(label))
    mapper.require_covered(case.name)
    if not names:
        raise FormatError(f"{case.name}: not one of its frames has a label map.")
    return tuple(names)


def finish(home: Path, wanted: LabelMap, channels: Sequence[str], scans: bool, written: int) -> None:
    """Write dataset.json."""
    called = channels if scans else COLOURS
    write_json_atomic(
        home / "dataset.json",
        {
            "channel_names": {str(number): name for number, name in enumerate(called)},
            "labels": {wanted.names[value]: value for value in sorted(wanted.names)},
            "numTraining": written,
            "file_ending": SUFFIX if scans else PNG,
        },
    )


def write_splits(
    home: Path, cases: Sequence[LabelledCase], written: Mapping[str, Sequence[str]], group: str | None
) -> str:
    """Write splits_final.json, by group; why not, where that cannot be.

    Args:
        home: the dataset's folder.
        cases: that were written.
        written: case to its names there.
        group: the pattern of the groups.
    """
    groups: dict[str, list[str]] = {}
    for case in cases:
        groups.setdefault(case.group, []).extend(written[case.name])
    if len(groups) < 2:
        return f"no {SPLITS}: all cases are of one patient, video or operation."
    try:
        require_no_frames(cases, group)
    except UsageError:
        return f"no {SPLITS}: nothing says which cases are of one patient; say so with --group."
    folds = make_folds(cases, SplitWish(folds=min(FOLDS, len(groups))))
    listed = [
        {
            part: [name for one in names for name in groups[one]]
            for part, names in (("train", fold.train), ("val", fold.validation))
        }
        for fold in folds
    ]
    write_text_atomic(home / SPLITS, _pretty(listed))
    return f"{SPLITS} has {len(folds)} folds by patient, video or operation; copy it to nnUNet_preprocessed."


def _pretty(content: object) -> str:
    import json

    return json.dumps(content, indent=2) + "\n"
