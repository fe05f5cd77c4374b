"""MedBank's folder, written whole: pictures, masks, lists and the manifest."""

import warnings
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from torch import Tensor

from segmem.core.errors import InputError, UsageError
from segmem.data.cases import LabelledCase
from segmem.data.layouts import find_labelled
from segmem.data.medbank import IMAGE, MASK
from segmem.io.lossless import write_png
from segmem.io.masks import write_grey
from segmem.io.outputs import staged, write_json_atomic, write_text_atomic
from segmem.medbank.manifest import Manifest, Tally, modality_counts, task_counts
from segmem.medbank.overlap import Print, alike, external_prints, known, print_of
from segmem.medbank.sides import SplitBy, on_both, sides
from segmem.medbank.slices import slices, too_long
from segmem.medbank.table import SourceRow, Table
from segmem.report.bar import Bar

MARKER = "medbank.json"
LISTS = {"train": "train.txt", "val": "val.txt"}


def build_medbank(
    downloads: Path,
    target: Path,
    table: Table,
    *,
    by: SplitBy = "patient",
    seed: int = 0,
    external: Sequence[Path] = (),
    overwrite: bool = False,
    bar: Bar | None = None,
) -> Manifest:
    """Write `TASK/{image,mask}/SOURCE_pNNNN-M_slice_NNN.png`, train.txt, val.txt and medbank.json.

    Cases are named by source, patient and number, never by their files' names. A patient validates in all tasks of
    its source or in none. A bad case is reported and the rest go on.

    Args:
        downloads: the folder in which the table's folders are; those that are not there are left out, and named.
        target: the folder to write; it appears when it is whole.
        table: sources, tasks, windows.
        by: how slices are split, 9 to 1.
        seed: who validates.
        external: folders of sets for testing; cases of theirs that look like one trained on are named.
        overwrite: whether an earlier one may be replaced.
        bar: shows how many cases are done.

    Raises:
        InputError: none of the table's folders is there, or not one case could be read.
        UsageError: target and downloads lie in each other.
        OutputError: the target cannot be written, or must not be replaced.
    """
    _require_apart(downloads, target)
    there = [source for source in table.sources if (downloads / source.folder).is_dir()]
    if not there:
        wanted = ", ".join(source.folder for source in table.sources)
        raise InputError(f"{downloads}: none of the table's folders is there. Expected some of {wanted}.")
    folders, prints, tallies = table.task_folders(), list[Print](), dict[str, Tally]()
    with staged(target, overwrite, folder=True, marker=MARKER) as home:
        for source in there:
            tallies[source.name] = _source(source, downloads, home, folders, prints, bar or Bar(shown=False))
        done = list(tallies.values())
        whose = {path: patient for tally in done for path, patient in tally.slices.items()}
        faults = [fault for tally in done for fault in tally.faults]
        if not whose:
            raise InputError(f"{downloads}: not one slice could be made. {'; '.join(faults[:3])}")
        side: dict[str, str] = {}
        for tally in done:
            side |= sides(tally.slices, by, seed)
        for name, file in LISTS.items():
            lines = [f"./{path}\n" for path in sorted(side) if side[path] == name]
            write_text_atomic(home / file, "".join(lines))
        for root in external:
            prints += external_prints(root)
        counts = task_counts(done, side)
        made = Manifest(
            segmem=version("segmem"),
            split=by,
            seed=seed,
            sources={
                source.name: {
                    "cases": tallies[source.name].cases,
                    "slices left out for their shape": tallies[source.name].dropped,
                    "licence": source.licence,
                }
                for source in there
            },
            missing=tuple(source.name for source in table.sources if source not in there),
            tasks=counts,
            modalities=modality_counts(table, counts),
            both_sides=len(on_both(whose, side)),
            overlaps=(*known(table, tallies), *alike(prints)),
            faults=tuple(faults),
        )
        write_json_atomic(home / MARKER, made.model_dump(mode="json"))
    return made


def _source(
    source: SourceRow,
    downloads: Path,
    home: Path,
    folders: dict[tuple[str, str], str],
    prints: list[Print],
    bar: Bar,
) -> Tally:
    tally, short = Tally(), "".join(sign for sign in source.name.lower() if sign.isalnum())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            cases = find_labelled(downloads / source.folder, source.layout, source.group)
    except InputError as fault:
        tally.faults.append(f"{source.name}: {fault}")
        return tally
    patients = {name: place for place, name in enumerate(sorted({case.group for case in cases}), start=1)}
    with bar.task(source.name, len(cases)) as tick:
        for number, case in enumerate(cases, start=1):
            name = f"{short}_p{patients[case.group]:04d}-{number}"
            try:
                _case(case, source, home, name, folders, tally)
                tally.cases += 1
                one = print_of(case, f"{source.name}: {name}", f"{short}/{case.group}", _frames(case))
                prints += [] if one is None else [one]
            except InputError as fault:
                tally.faults.append(f"{source.name}: {fault}")
            tick()
    return tally


def _case(
    case: LabelledCase,
    source: SourceRow,
    home: Path,
    name: str,
    folders: dict[tuple[str, str], str],
    tally: Tally,
) -> None:
    for one in slices(case, source):
        if too_long((one.image.shape[-2], one.image.shape[-1])):
            tally.dropped += 1
            continue
        for task, mask in one.masks.items():
            folder = folders[task, source.modality]
            file = f"{name}_slice_{one.number:03d}.png"
            for part in (IMAGE, MASK):
                (home / folder / part).mkdir(parents=True, exist_ok=True)
            write_png(home / folder / IMAGE / file, one.image)
            write_grey(home / folder / MASK / file, mask)
            path = f"{folder}/{IMAGE}/{file}"
            tally.slices[path] = name.partition("-")[0]
            tally.tasks[path] = folder


def _frames(case: LabelledCase) -> list[Tensor]:
    frames = case.read()
    return [frame for frame, _ in frames] if case.kind == "volume" else [next(iter(frames))[0]]


def _require_apart(downloads: Path, target: Path) -> None:
    source, made = downloads.resolve(), target.resolve()
    if source.is_relative_to(made) or made.is_relative_to(source):
        raise UsageError(f"{target} and {downloads} lie in each other. Choose a target beside the downloads.")
