"""The Medical Segmentation Decathlon's layout: `dataset.json` lists pairs of image and label map under "training".

An image of several modalities is one file of four axes; its channels are called as dataset.json names the modalities.
"""

from pathlib import Path
from typing import Any

from segmem.core.errors import FormatError, InputError
from segmem.data.cases import LabelledCase
from segmem.data.dataset_json import NAME, read_dataset_json
from segmem.data.grouping import group_of
from segmem.data.recognition import Recognition, counted
from segmem.data.scans import scan_case, scan_stem
from segmem.io.within import require_within


def recognises(root: Path) -> Recognition:
    """Whether dataset.json lists images and label maps under "training"."""
    about = read_dataset_json(root)
    if about is None:
        inside = [path for path in sorted(root.glob("Task[0-9][0-9]_*")) if (path / NAME).is_file()]
        if inside:
            return Recognition(
                lacks=f"holds {counted(len(inside), 'task')} of the Decathlon; name one, as {inside[0]}"
            )
        return Recognition()
    if "file_ending" in about:
        return Recognition()
    training = about.get("training")
    if not isinstance(training, list) or not training:
        return Recognition(lacks=f'{NAME} has no list of "training" cases')
    if not all(isinstance(one, dict) and {"image", "label"} <= one.keys() for one in training):
        return Recognition(lacks=f'the entries of "training" in {NAME} have no image and label')
    return Recognition(f'{NAME} lists {counted(len(training), "pair")} of image and label under "training"')


def classes(root: Path) -> dict[int, str]:
    """Label value to name, as dataset.json has it.

    Raises:
        FormatError: its labels are not `{"0": "background", ...}`.
    """
    labels = (read_dataset_json(root) or {}).get("labels")
    if not isinstance(labels, dict) or not all(str(key).isdecimal() for key in labels):
        raise FormatError(f'{root / NAME}: the Decathlon writes labels {{"0": "background", "1": ...}}.')
    return {int(key): str(name) for key, name in labels.items()}


def cases(root: Path, group: str | None) -> list[LabelledCase]:
    """One case for each pair under "training"; the unlabelled test images are passed over.

    Raises:
        FormatError: dataset.json is missing, or not as the Decathlon describes it.
        InputError: a file that it lists is missing, or is outside the folder.
    """
    about = read_dataset_json(root)
    if about is None or not recognises(root):
        raise FormatError(f'{root / NAME} with a list of "training" cases is missing. The Decathlon has one.')
    channels = _modalities(about)
    return [_case(root, one, channels, group) for one in about["training"]]


def _modalities(about: dict[str, Any]) -> tuple[str, ...]:
    named = about.get("modality")
    if not isinstance(named, dict) or not all(str(key).isdecimal() for key in named):
        return ()
    return tuple(str(named[key]) for key in sorted(named, key=int))


def _case(root: Path, one: dict[str, Any], channels: tuple[str, ...], group: str | None) -> LabelledCase:
    image, label = root / str(one["image"]), root / str(one["label"])
    require_within(root, (image, label))
    missing = next((path for path in (image, label) if not path.is_file()), None)
    if missing is not None:
        raise InputError(f"{missing} is missing, but {NAME} lists it. Copy it, or take it out of the list.")
    name = scan_stem(image) or image.stem
    return scan_case(name, group_of(name, group), (image,), label, channels)
