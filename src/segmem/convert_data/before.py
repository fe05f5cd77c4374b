"""What must hold before anything is converted, and what will become of the labels and channels."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from segmem.convert_data import to_nnunet, to_segmem
from segmem.convert_data.label_map import IGNORE, LabelMap, label_map
from segmem.convert_data.request import Request
from segmem.core.errors import InputError, SettingsError, UsageError, nearest
from segmem.data import nnunet
from segmem.data.cases import LabelledCase
from segmem.data.layouts import class_names


def wanted_map(request: Request, layout: str, cases: Sequence[LabelledCase]) -> LabelMap:
    """What each label becomes. Our own layouts have no label that is passed over, so what it stands for has to be said.

    Raises:
        UsageError: the label map names what is not there.
    """
    wanted = label_map(
        class_names(request.source, layout),
        request.classes,
        request.label_map,
        consecutive=request.to == "nnunet",
    )
    if layout == "nnunet":
        wanted = replace(wanted, parts=_parts(request.source))
    ignore = next((case.ignore for case in cases if case.ignore is not None), None)
    if (
        request.to == "segmem"
        and ignore is not None
        and wanted.names.get(wanted.table.get(ignore, -1)) == IGNORE
    ):
        table = {old: new for old, new in wanted.table.items() if old != ignore}
        names = {value: name for value, name in wanted.names.items() if name != IGNORE}
        return replace(wanted, table=table, names=names)
    return wanted


def channels_of(request: Request, cases: Sequence[LabelledCase]) -> list[int]:
    """Which channels are written.

    Raises:
        SettingsError: there is none of the name.
        UsageError: the target cannot hold these cases.
    """
    known = cases[0].channels
    if request.channel is not None and request.channel not in known:
        raise SettingsError(
            f"--channel {request.channel!r}: no such channel.{nearest(request.channel, list(known))}"
        )
    channels = list(range(max(1, len(known))))
    if request.channel is not None:
        channels = [known.index(request.channel)]
    if request.to == "nnunet":
        to_nnunet.check(cases)
    else:
        to_segmem.check(cases, channels)
    return channels


def require_apart(request: Request) -> None:
    """Source and target must not lie in each other.

    Raises:
        UsageError: they do.
    """
    source, target = request.source.resolve(), request.target.resolve()
    if source.is_relative_to(target) or target.is_relative_to(source):
        raise UsageError(
            f"{request.target} and {request.source} lie in each other. Choose a target beside the source."
        )


def require_names(cases: Sequence[LabelledCase]) -> None:
    """Names become file names, on systems too that do not tell `a` from `A`.

    Raises:
        InputError: one cannot be, or two would be one.
    """
    seen: dict[str, str] = {}
    for case in cases:
        if case.name != Path(case.name).name or case.name.startswith("."):
            raise InputError(f"{case.name!r} cannot be a file's name. Rename the case.")
        other = seen.setdefault(case.name.casefold(), case.name)
        if other != case.name:
            raise InputError(f"{other} and {case.name} are one name on some systems. Rename one of them.")


def _parts(root: Path) -> dict[int, str]:
    """Value to the regions that it is a part of."""
    regions = nnunet.describe(root).regions
    values = sorted({value for of in regions.values() for value in of})
    return {value: ", ".join(name for name, of in regions.items() if value in of) for value in values}
