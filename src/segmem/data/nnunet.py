"""nnU-Net's raw layout, version 2: `dataset.json` beside `imagesTr/CASE_0000.nii.gz` and `labelsTr/CASE.nii.gz`.

A label of several values is a region: the files hold its parts, whose names the layout does not know.
"""

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from segmem.core.errors import FormatError, InputError
from segmem.data.cases import LabelledCase
from segmem.data.dataset_json import NAME, read_dataset_json
from segmem.data.frame_files import read_pairs
from segmem.data.grouping import group_of
from segmem.data.recognition import Recognition, counted
from segmem.data.scans import scan_case
from segmem.io.formats import SUFFIXES
from segmem.io.within import require_within

IMAGES, LABELS, SPLITS, IGNORE = "imagesTr", "labelsTr", "splits_final.json", "ignore"
PICTURES = (".png", ".bmp", ".tif")
_NUMBER = re.compile(r"_(\d{4})$")


@dataclass(frozen=True, slots=True)
class Description:
    """What dataset.json says.

    Attributes:
        channels: names, in the order of their numbers.
        labels: value to name, of labels that are one value; without `ignore`.
        regions: name to values, of labels that are several.
        ignore: the value of pixels that nobody judged.
        ending: of every file, as `.nii.gz`.
        listed: case to its files, where dataset.json names them.
        number: of training cases.
    """

    channels: tuple[str, ...]
    labels: dict[int, str]
    regions: dict[str, tuple[int, ...]]
    ignore: int | None
    ending: str
    listed: dict[str, dict[str, Any]]
    number: int | None


def recognises(root: Path) -> Recognition:
    """Whether dataset.json names channels and an ending, beside labelsTr/."""
    about = _about(root)
    if about is None:
        inside = [path for path in sorted(root.glob("Dataset[0-9][0-9][0-9]_*")) if (path / NAME).is_file()]
        lacks = (
            f"holds {counted(len(inside), 'dataset')} of nnU-Net; name one, as {inside[0]}" if inside else ""
        )
        return Recognition(lacks=lacks or _only_folders(root))
    if not {"channel_names", "file_ending"} <= about.keys():
        if (root / LABELS).is_dir() and "training" not in about:
            return Recognition(
                lacks=f"{NAME} has no channel_names or no file_ending: is it of nnU-Net version 1?"
            )
        return Recognition()
    if not (root / LABELS).is_dir() and "dataset" not in about:
        return Recognition(lacks=f"{NAME} is nnU-Net's, but there is no {LABELS}/")
    parts = " and ".join(one for one in (IMAGES, LABELS) if (root / one).is_dir())
    more = f"; its {SPLITS} can be trained with as data.splits" if (root / SPLITS).is_file() else ""
    return Recognition(
        f"{NAME} has channel_names and file_ending, beside {parts or 'files that it lists'}{more}"
    )


def classes(root: Path) -> dict[int, str]:
    """Label value to name, of labels that are one value; `ignore` is one of them."""
    about = describe(root)
    return about.labels | ({} if about.ignore is None else {about.ignore: IGNORE})


def cases(root: Path, group: str | None) -> list[LabelledCase]:
    """One case for each label map; its image has a file for each channel, or is one picture in colour.

    Raises:
        FormatError: dataset.json is not as nnU-Net describes it, or counts other cases than there are.
        InputError: a file of a case is missing, or is outside the folder.
    """
    about = describe(root)
    found = _listed(root, about) if about.listed else _by_name(root, about)
    if about.number is not None and about.number != len(found):
        raise FormatError(
            f"{root / NAME} counts {about.number} training cases, {len(found)} are there. Copy the rest, or correct"
            " numTraining."
        )
    return [_case(name, group, images, label, about) for name, (images, label) in found.items()]


def describe(root: Path) -> Description:
    """What dataset.json says, checked.

    Raises:
        FormatError: it is missing, or not as nnU-Net describes it.
    """
    about, path = _about(root), root / NAME
    if about is None:
        raise FormatError(f"{path} is missing. nnU-Net's raw layout has one.")
    names, labels, ending = about.get("channel_names"), about.get("labels"), about.get("file_ending")
    if not isinstance(names, dict) or not all(str(key).isdecimal() for key in names):
        raise FormatError(f'{path}: channel_names is written {{"0": "CT", ...}}.')
    if not isinstance(labels, dict) or not isinstance(ending, str):
        raise FormatError(f"{path}: labels (name: value) and file_ending are needed.")
    if (
        ending.lower() not in (*SUFFIXES["volume"], *PICTURES)
        or about.get("overwrite_image_reader_writer") == "Tiff3DIO"
    ):
        raise FormatError(
            f"{path}: files of {ending} are not read, only {' '.join((*SUFFIXES['volume'], *PICTURES))}."
        )
    values = {str(name): _values(value, path) for name, value in labels.items()}
    ignore = values.pop(IGNORE, None)
    single = {of[0]: name for name, of in values.items() if len(of) == 1}
    listed = about.get("dataset", {})
    number = about.get("numTraining")
    return Description(
        channels=tuple(str(names[key]) for key in sorted(names, key=int)),
        labels=single,
        regions={name: of for name, of in values.items() if len(of) > 1},
        ignore=None if ignore is None else ignore[0],
        ending=ending,
        listed=listed if isinstance(listed, dict) else {},
        number=number if isinstance(number, int) else None,
    )


def _about(root: Path) -> dict[str, Any] | None:
    return read_dataset_json(root)


def _only_folders(root: Path) -> str:
    both = (root / IMAGES).is_dir() and (root / LABELS).is_dir()
    return f"has {IMAGES}/ and {LABELS}/, but no {NAME}" if both else ""


def _values(value: object, path: Path) -> tuple[int, ...]:
    several = value if isinstance(value, list) else [value]
    if not several or not all(type(one) is int and 0 <= one <= 255 for one in several):
        raise FormatError(
            f"{path}: a label's value is a whole number from 0 to 255, or a list of such; got {value!r}."
        )
    return tuple(several)


def _by_name(root: Path, about: Description) -> dict[str, tuple[tuple[Path, ...], Path]]:
    labels = sorted(
        path for path in (root / LABELS).glob(f"*{about.ending}") if not path.name.startswith(".")
    )
    images: dict[str, list[Path]] = {}
    for path in sorted((root / IMAGES).glob(f"*{about.ending}")):
        stem = path.name[: -len(about.ending)]
        if _NUMBER.search(stem):
            images.setdefault(stem[:-5], []).append(path)
    return {
        stem: (tuple(images.get(stem, ())), label)
        for label in labels
        for stem in (label.name[: -len(about.ending)],)
    }


def _listed(root: Path, about: Description) -> dict[str, tuple[tuple[Path, ...], Path]]:
    found = {}
    for name, files in about.listed.items():
        if not isinstance(files, dict) or not isinstance(files.get("images"), list) or "label" not in files:
            raise FormatError(f"{root / NAME}: dataset has no images and label for {name!r}.")
        images, label = tuple(root / str(one) for one in files["images"]), root / str(files["label"])
        require_within(root, (*images, label))
        found[name] = (images, label)
    return found


def _case(
    name: str, group: str | None, images: tuple[Path, ...], label: Path, about: Description
) -> LabelledCase:
    in_colour = about.ending.lower() in PICTURES and len(images) == 1
    if not in_colour and len(images) != len(about.channels):
        raise InputError(
            f"{name}: {NAME} names {counted(len(about.channels), 'channel')} ({', '.join(about.channels)}),"
            f" {len(images)} image files are there. Each is named {name}_0000{about.ending}, _0001 and so on."
        )
    belongs = group_of(name, group)
    if about.ending.lower() not in PICTURES:
        return scan_case(name, belongs, images, label, about.channels, about.ignore)
    if len(images) > 1:
        raise FormatError(
            f"{name}: pictures of {len(images)} files for a case are not read, only one in colour or grey. Join them."
        )
    return LabelledCase(
        name, belongs, "image", partial(read_pairs, [(images[0], label)]), (images[0], label), images,
        ignore=about.ignore,
    )  # fmt: skip
