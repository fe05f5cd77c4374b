"""Which of the known folder layouts a data folder has, and why it was taken for that."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal, Protocol, get_args

from segmem.core.errors import InputError, SettingsError, nearest
from segmem.data import (
    acdc,
    btcv,
    cholecseg8k,
    davis,
    decathlon,
    endovis15,
    image_masks,
    medbank,
    medsam2_npz,
    nnunet,
    sar_rarp50,
    video_masks,
    volume_labels,
)
from segmem.data.cases import LabelledCase, LabelledFrame
from segmem.data.judged import judged, one_channel
from segmem.data.recognition import Recognition
from segmem.io.within import require_within

Layout = Literal[
    "nnunet", "decathlon", "acdc", "btcv", "medsam2_npz", "medbank", "davis", "cholecseg8k", "sar_rarp50", "endovis15",
    "video_masks", "volume_labels", "image_masks",
]  # fmt: skip


class _Module(Protocol):
    """What the module of a layout offers."""

    def recognises(self, root: Path, /) -> Recognition: ...

    def classes(self, root: Path, /) -> dict[int, str]: ...

    def cases(self, root: Path, group: str | None, /) -> list[LabelledCase]: ...


_MODULES: dict[str, _Module] = {
    "nnunet": nnunet,
    "decathlon": decathlon,
    "acdc": acdc,
    "btcv": btcv,
    "medsam2_npz": medsam2_npz,
    "medbank": medbank,
    "davis": davis,
    "cholecseg8k": cholecseg8k,
    "sar_rarp50": sar_rarp50,
    "endovis15": endovis15,
    "video_masks": video_masks,
    "volume_labels": volume_labels,
    "image_masks": image_masks,
}
"""The strictest first: the first that recognises a folder reads it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a folder was taken for.

    Attributes:
        layout: its name.
        why: what was seen that makes it this layout, in words.
    """

    layout: str
    why: str


def recognise(root: Path) -> Taken:
    """The layout of a folder.

    Raises:
        InputError: `root` is missing, or has none; the nearest ones are told, with what is missing.
        FormatError: a file that describes the dataset is damaged.
    """
    _require_folder(root)
    near = []
    for name, module in _MODULES.items():
        seen = module.recognises(root)
        if seen:
            return Taken(name, seen.found)
        if seen.lacks:
            near.append(f"{name} ({seen.lacks})")
    raise InputError(
        f"{root}: no labelled cases in a known layout. "
        + (f"Nearest: {'; '.join(near)}. " if near else "")
        + _folders(root)
        + "Expected video.* beside masks/ (here or in each subfolder), images/ with masks/*.png, images/ with"
        f" labels/*.nii.gz, or one of {', '.join(list(_MODULES)[:-3])}: see docs/data.md."
    )


def find_labelled(
    root: Path, layout: str | None = None, group: str | None = None, channel: str | None = None
) -> list[LabelledCase]:
    """Every labelled case under `root`, sorted by name.

    Args:
        root: the data folder.
        layout: one of `Layout`; None recognises it.
        group: a regular expression with one group, searched in each case's name; what it finds is the
            patient, video or operation. None takes what the layout knows, else each case for its own.
        channel: of scans with several: the one to look at, by its name. None takes all.

    Raises:
        InputError: `root` is missing, or holds none of the layouts, or not one case.
        SettingsError: `layout` or `channel` is not known, or `group` is no expression with one group.
    """
    cases = raw_cases(root, layout, group)
    if channel is not None:
        cases = [one_channel(case, channel) for case in cases]
    return [case if case.ignore is None else replace(case, read=partial(_judged, case)) for case in cases]


def raw_cases(root: Path, layout: str | None = None, group: str | None = None) -> list[LabelledCase]:
    """As `find_labelled`, but all channels, and pixels that nobody judged keep their value.

    Raises:
        InputError, SettingsError: as `find_labelled`.
    """
    name = layout_of(root, layout)
    cases = _MODULES[name].cases(root, group)
    if not cases:
        raise InputError(f"{root}: no labelled cases in the layout {name!r}.{_lacking(name, root)}")
    require_within(root, (path for case in cases for path in case.files))
    _require_names(root, cases)
    return sorted(cases, key=lambda case: case.name)


def layout_of(root: Path, layout: str | None) -> str:
    """The named layout, checked; else the recognised one.

    Raises:
        InputError: `root` is missing, or has no known layout.
        SettingsError: `layout` is not known.
    """
    _require_folder(root)
    if layout is not None and layout not in _MODULES:
        raise SettingsError(f"layout {layout!r} is not known.{nearest(layout, list(get_args(Layout)))}")
    return layout or recognise(root).layout


def class_names(root: Path, layout: str | None = None) -> dict[int, str]:
    """Label value to the class's name, as far as the layout or the folder says.

    Raises:
        InputError, SettingsError: as `layout_of`.
    """
    return _MODULES[layout_of(root, layout)].classes(root)


def _judged(case: LabelledCase) -> Iterator[LabelledFrame]:
    for index, (frame, label) in enumerate(case.read()):
        yield frame, judged(label, case.ignore, f"{case.name} frame {index}")


def _require_folder(root: Path) -> None:
    if not root.is_dir():
        raise InputError(f"{root}: no such folder. Give the folder that holds the labelled cases.")


def _require_names(root: Path, cases: list[LabelledCase]) -> None:
    seen: dict[str, LabelledCase] = {}
    for case in cases:
        other = seen.setdefault(case.name, case)
        if other is not case:
            raise InputError(
                f"{root}: two cases are called {case.name!r}. Rename one, or name a folder further down."
            )


def _folders(root: Path) -> str:
    """Where a folder of datasets was named, not one of them."""
    found = sorted(path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    return (
        f"Is it one of its folders ({', '.join(found[:5])}{', ...' if found[5:] else ''})? " if found else ""
    )


def _lacking(name: str, root: Path) -> str:
    seen = _MODULES[name].recognises(root)
    return f" It {seen.lacks}." if seen.lacks else ""
