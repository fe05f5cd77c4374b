"""Which of the known folder layouts a data folder has."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal, get_args

from segmem.core.errors import InputError, SettingsError, nearest
from segmem.data import cholecseg8k, image_masks, sar_rarp50, video_masks, volume_labels
from segmem.data.cases import LabelledCase

Layout = Literal["video_masks", "image_masks", "volume_labels", "sar_rarp50", "cholecseg8k"]

_READERS: dict[str, Callable[[Path, str | None], list[LabelledCase]]] = {
    "video_masks": video_masks.cases,
    "sar_rarp50": sar_rarp50.cases,
    "cholecseg8k": cholecseg8k.cases,
    "volume_labels": volume_labels.cases,
    "image_masks": image_masks.cases,
}
_RECOGNISERS: dict[str, Callable[[Path], bool]] = {
    "video_masks": video_masks.recognises,
    "sar_rarp50": sar_rarp50.recognises,
    "cholecseg8k": cholecseg8k.recognises,
    "volume_labels": volume_labels.recognises,
    "image_masks": image_masks.recognises,
}


def find_labelled(root: Path, layout: str | None = None, group: str | None = None) -> list[LabelledCase]:
    """Every labelled case under `root`, sorted by name.

    Args:
        root: the data folder.
        layout: one of `Layout`; None recognises it.
        group: a regular expression with one group, searched in each case's name; what it finds is the
            patient, video or operation. None takes each case for its own.

    Raises:
        InputError: `root` is missing, or holds none of the layouts, or not one case.
        SettingsError: `layout` is not known, or `group` is no expression with one group.
    """
    if not root.is_dir():
        raise InputError(f"{root}: no such folder. Give the folder that holds the labelled cases.")
    if layout is not None and layout not in _READERS:
        raise SettingsError(f"layout {layout!r} is not known.{nearest(layout, list(get_args(Layout)))}")
    found = layout or next((name for name, fits in _RECOGNISERS.items() if fits(root)), None)
    cases = [] if found is None else _READERS[found](root, group)
    if not cases:
        raise InputError(
            f"{root}: no labelled cases{'' if layout is None else f' in the layout {layout!r}'}. Expected"
            " video.* beside masks/ (here or in each subfolder), images/ with masks/*.png,"
            " images/ with labels/*.nii.gz, or the folders of SAR-RARP50 or CholecSeg8k."
        )
    return sorted(cases, key=lambda case: case.name)
