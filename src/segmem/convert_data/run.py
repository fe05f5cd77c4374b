"""One conversion: every case, each whole or not at all, the folder under its name when done."""

import shutil
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from segmem.convert_data import to_nnunet, to_segmem
from segmem.convert_data.before import channels_of, require_apart, require_names, wanted_map
from segmem.convert_data.label_map import LabelMap
from segmem.convert_data.progress import Progress, key_of, require_same
from segmem.convert_data.request import Request
from segmem.core import Settings
from segmem.core.errors import InputError
from segmem.data.cases import LabelledCase
from segmem.data.layouts import Taken, raw_cases, recognise
from segmem.io.outputs import partial, remove, staged, write_json_atomic
from segmem.report.bar import Bar

MARKER, ONE = "conversion.json", ".case"


class Conversion(Settings):
    """What came of it; also written as conversion.json."""

    segmem: str
    """The version that made it."""
    to: str
    """The layout that was written."""
    layout: str
    """The layout that was read."""
    why: str
    """What made it that."""
    label_map: dict[int, int]
    """Label value in the source to label value in the target."""
    classes: dict[int, str]
    """Label value in the target to its name; empty where nobody named them."""
    cases: dict[str, tuple[str, ...]]
    """Case to its names in the target."""
    faults: tuple[str, ...]
    """Cases that could not be converted, and why; the rest stands."""
    notes: tuple[str, ...]
    """What else to know."""


def convert_data(
    request: Request, bar: Bar | None = None, tell: Callable[[str], None] | None = None
) -> Conversion:
    """Convert a dataset. A bad case is reported and the rest go on.

    Args:
        request: what and how.
        bar: shows how many cases are done.
        tell: hears what the source was taken for, and why.

    Raises:
        UsageError, SettingsError: the request cannot be met.
        InputError: the source holds no labelled cases, or not one could be converted.
        OutputError: the target cannot be written, or must not be replaced.
    """
    require_apart(request)
    taken = recognise(request.source) if request.layout is None else Taken(request.layout, "as was said")
    if tell:
        tell(f"{request.source}: taken for {taken.layout}: {taken.why}")
    cases = raw_cases(request.source, taken.layout, request.group)
    require_names(cases)
    channels = channels_of(request, cases)
    wanted = wanted_map(request, taken.layout, cases)
    key = key_of(request, cases, wanted)
    if request.resume:
        require_same(partial(request.target.expanduser().resolve(), folder=True), key)
    with staged(request.target, request.overwrite, resume=request.resume, folder=True, marker=MARKER) as home:
        progress = Progress(home, key)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always", UserWarning)
            faults = _each(request, cases, channels, wanted, home, progress, bar or Bar(shown=False))
        if not progress.done:
            more = f" And {len(faults) - 1} more." if len(faults) > 1 else ""
            raise InputError(f"{request.source}: not one case could be converted. {faults[0]}{more}")
        notes = _finish(
            request, [case for case in cases if case.name in progress.done], wanted, home, progress
        )
        made = Conversion(
            segmem=version("segmem"),
            to=request.to,
            layout=taken.layout,
            why=taken.why,
            label_map=dict(wanted.table),
            classes=dict(wanted.names),
            cases=progress.done,
            faults=tuple(faults),
            notes=(*notes, *dict.fromkeys(str(one.message) for one in said)),
        )
        write_json_atomic(home / MARKER, made.model_dump(mode="json"))
        progress.remove()
    return made


def _each(
    request: Request,
    cases: Sequence[LabelledCase],
    channels: Sequence[int],
    wanted: LabelMap,
    home: Path,
    progress: Progress,
    bar: Bar,
) -> list[str]:
    """Write every case that is not done; what could not be."""
    write = to_nnunet.write if request.to == "nnunet" else to_segmem.write
    faults = []
    with bar.task("converting", len(cases)) as tick:
        for case in cases:
            if case.name not in progress.done:
                part = home / ONE
                remove(part)
                part.mkdir()
                try:
                    names = write(case, part, channels, wanted)
                    _move(part, home)
                    progress.finished(case.name, names)
                except InputError as fault:
                    faults.append(f"{case.name}: {str(fault).removeprefix(f'{case.name}: ')}")
                remove(part)
            tick()
    return faults


def _finish(
    request: Request, cases: Sequence[LabelledCase], wanted: LabelMap, home: Path, progress: Progress
) -> list[str]:
    if request.to == "segmem":
        to_segmem.finish(home, wanted)
        return []
    one = cases[0]
    called = (
        (request.channel,) if request.channel else one.channels or (request.modality or to_nnunet.UNNAMED,)
    )
    to_nnunet.finish(home, wanted, called, one.kind == "volume", sum(len(n) for n in progress.done.values()))
    return [to_nnunet.write_splits(home, cases, progress.done, request.group)]


def _move(part: Path, home: Path) -> None:
    for path in sorted(part.rglob("*")):
        place = home / path.relative_to(part)
        if path.is_dir():
            place.mkdir(parents=True, exist_ok=True)
        else:
            shutil.move(path, place)
