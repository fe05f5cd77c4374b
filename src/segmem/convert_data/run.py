"""One conversion: every case, each whole or not at all, the folder under its name when done."""

import shutil
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from segmem.convert_data import to_nnunet, to_segmem
from segmem.convert_data.label_map import IGNORE, LabelMap, label_map
from segmem.convert_data.progress import Progress, key_of, require_same
from segmem.convert_data.request import Request
from segmem.core import Settings
from segmem.core.errors import InputError, SettingsError, UsageError, nearest
from segmem.data.cases import LabelledCase
from segmem.data.layouts import Taken, class_names, raw_cases, recognise
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
    _require_apart(request)
    taken = recognise(request.source) if request.layout is None else Taken(request.layout, "as was said")
    if tell:
        tell(f"{request.source}: taken for {taken.layout}: {taken.why}")
    cases = raw_cases(request.source, taken.layout, request.group)
    _require_names(cases)
    channels = _channels(request, cases)
    wanted = _wanted(request, class_names(request.source, taken.layout), cases)
    key = key_of(request, cases, wanted)
    if request.resume:
        require_same(partial(request.target.expanduser().resolve(), folder=True), key)
    with staged(request.target, request.overwrite, resume=request.resume, folder=True, marker=MARKER) as home:
        progress = Progress(home, key)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
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


def _wanted(request: Request, source: dict[int, str], cases: Sequence[LabelledCase]) -> LabelMap:
    """Our own layouts have no label that is passed over, so what it stands for has to be said."""
    wanted = label_map(source, request.classes, request.label_map, consecutive=request.to == "nnunet")
    ignore = next((case.ignore for case in cases if case.ignore is not None), None)
    if (
        request.to == "segmem"
        and ignore is not None
        and wanted.names.get(wanted.table.get(ignore, -1)) == IGNORE
    ):
        table = {old: new for old, new in wanted.table.items() if old != ignore}
        names = {value: name for value, name in wanted.names.items() if name != IGNORE}
        return LabelMap(table, names, source)
    return wanted


def _channels(request: Request, cases: Sequence[LabelledCase]) -> list[int]:
    """Which channels are written."""
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


def _move(part: Path, home: Path) -> None:
    for path in sorted(part.rglob("*")):
        place = home / path.relative_to(part)
        if path.is_dir():
            place.mkdir(parents=True, exist_ok=True)
        else:
            shutil.move(path, place)


def _require_apart(request: Request) -> None:
    source, target = request.source.resolve(), request.target.resolve()
    if source.is_relative_to(target) or target.is_relative_to(source):
        raise UsageError(
            f"{request.target} and {request.source} lie in each other. Choose a target beside the source."
        )


def _require_names(cases: Sequence[LabelledCase]) -> None:
    """Names become file names, on systems too that do not tell `a` from `A`."""
    seen: dict[str, str] = {}
    for case in cases:
        if case.name != Path(case.name).name or case.name.startswith("."):
            raise InputError(f"{case.name!r} cannot be a file's name. Rename the case.")
        other = seen.setdefault(case.name.casefold(), case.name)
        if other != case.name:
            raise InputError(f"{other} and {case.name} are one name on some systems. Rename one of them.")
