"""The layout of BTCV, also called Synapse: `img/img0001.nii.gz` beside `label/label0001.nii.gz`, 13 abdominal organs.

Written to the challenge's published description. A scan is a patient.
"""

import re
from pathlib import Path

from segmem.core.errors import InputError
from segmem.data.cases import LabelledCase
from segmem.data.grouping import group_of
from segmem.data.recognition import Recognition, counted
from segmem.data.scans import scan_case

CLASSES = (
    "background",
    "spleen",
    "right kidney",
    "left kidney",
    "gallbladder",
    "esophagus",
    "liver",
    "stomach",
    "aorta",
    "inferior vena cava",
    "portal vein and splenic vein",
    "pancreas",
    "right adrenal gland",
    "left adrenal gland",
)
CHANNEL = "CT"
LABEL = re.compile(r"label(\d+)\.nii(\.gz)?")


def _home(root: Path) -> Path | None:
    """`root`, or the folder in it or below (`RawData/Training`), that holds both folders."""
    near = [root, *sorted(root.glob("*/")), *sorted(root.glob("*/*/"))]
    return next(
        (folder for folder in near if (folder / "img").is_dir() and (folder / "label").is_dir()), None
    )


def _labels(home: Path) -> dict[str, Path]:
    found = ((LABEL.fullmatch(path.name), path) for path in sorted((home / "label").iterdir()))
    return {match[1]: path for match, path in found if match}


def recognises(root: Path) -> Recognition:
    """Whether `root`, or a folder in it or below, has img/ and label/ with names as BTCV gives them."""
    home = _home(root)
    if home is None:
        return Recognition(lacks="has img/, but no label/" if (root / "img").is_dir() else "")
    labels = _labels(home)
    if not labels:
        return Recognition(lacks="has img/ and label/, but no label/labelNNNN.nii.gz")
    return Recognition(f"{counted(len(labels), 'file')} label/labelNNNN.nii.gz beside img/")


def classes(_root: Path) -> dict[int, str]:
    """Label value to name."""
    return dict(enumerate(CLASSES))


def cases(root: Path, group: str | None) -> list[LabelledCase]:
    """One case a scan, named as its image: img0001.

    Raises:
        InputError: a label map has no image.
    """
    home = _home(root)
    return (
        [] if home is None else [_case(home, number, path, group) for number, path in _labels(home).items()]
    )


def _case(home: Path, number: str, label: Path, group: str | None) -> LabelledCase:
    name = f"img{number}"
    image = next((path for path in sorted((home / "img").glob(f"{name}.nii*")) if path.is_file()), None)
    if image is None:
        raise InputError(f"{label}: no {name}.nii.gz in {home / 'img'}. Copy it, or take the label map away.")
    return scan_case(name, group_of(name, group), (image,), label, (CHANNEL,))
