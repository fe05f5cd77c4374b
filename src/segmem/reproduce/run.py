"""One table reproduced: data checked, split written, rows trained or loaded, and measured."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean

from segmem import manifest
from segmem.core import Settings
from segmem.core.errors import InputError, UsageError
from segmem.data.cases import LabelledCase
from segmem.data.layouts import find_labelled
from segmem.evaluate.request import Request
from segmem.evaluate.run import run as evaluate
from segmem.evaluate.summary import ALL, Entry
from segmem.io.outputs import write_json_atomic
from segmem.report.bar import Bar
from segmem.reproduce.hardware import hardware
from segmem.reproduce.published import Published, published
from segmem.reproduce.recipe import Column, OurRow, Recipe, Scale, recipe, scales
from segmem.train.loop import train
from segmem.train.presets import load_settings

RESULT, SPLITS = "reproduction.json", "splits.json"
Tell = Callable[[str], None]


class Measured(Settings):
    """A row of ours."""

    method: str
    values: dict[str, float | None]
    """By published column; none where it was not measured."""


class Reproduction(Settings):
    """What came of it."""

    table: str
    scale: Scale
    published: Published
    about: str
    """What our rows can be compared with."""
    rows: tuple[Measured, ...]
    hardware: str
    test_cases: tuple[str, ...]
    versions: dict[str, str]


def reproduce(name: str, data: Path | None, out: Path, scale: Scale, bar: Bar, tell: Tell) -> Reproduction:
    """Make our rows of a published table.

    Args:
        name: of the table.
        data: the root of the data; None where only the published numbers are wanted.
        out: is filled with runs, predictions, tables and `reproduction.json`; what is there is gone on with.
        scale: `smoke` runs on small data in minutes and is no comparison, `full` is the paper's experiment.
        bar: shows progress.
        tell: is told what is done next.

    Raises:
        UsageError: no such table, or nothing of ours for it at this scale.
        InputError: the data is not what it must be.
    """
    table = published(name)
    found = recipe(name, scale)
    if data is None:
        return _result(name, scale, table, "", (), ())
    if found is None:
        there = scales(name)
        raise UsageError(
            f"{name} has no rows of segmem at scale {scale}"
            + (f", only at {', '.join(there)}." if there else " yet; leave -d out to see what was published.")
        )
    test, others = split(found, data)
    out.mkdir(parents=True, exist_ok=True)
    write_json_atomic(
        out / SPLITS, {"train": [one.name for one in others], "test": [one.name for one in test]}
    )
    rows = [_row(row, found, data, out, bar, tell) for row in found.rows]
    made = _result(name, scale, table, found.about, rows, [one.name for one in test])
    write_json_atomic(out / RESULT, json.loads(made.model_dump_json()))
    return made


def split(found: Recipe, data: Path) -> tuple[list[LabelledCase], list[LabelledCase]]:
    """Test cases and the others, of data that is what it must be.

    Raises:
        InputError: the folder is missing, has another number of cases, or lacks a test group.
    """
    wanted, root = found.data, data / found.data.path
    if not root.is_dir():
        raise InputError(
            f"{root} is missing. It must hold {wanted.title} ({wanted.groups} patients, videos or operations)."
        )
    cases = find_labelled(root, group=wanted.group)
    there = {one.group for one in cases}
    if len(there) != wanted.groups:
        raise InputError(
            f"{root} holds {len(there)} patients, videos or operations; {wanted.title} has {wanted.groups}."
            " Is it whole?"
        )
    lacking = sorted(set(found.test) - there)
    if lacking:
        raise InputError(f"{root} has no {lacking[0]!r}, which is measured on. Is it {wanted.title}?")
    test = [one for one in cases if one.group in found.test]
    return test, [one for one in cases if one.group not in found.test]


def _row(row: OurRow, found: Recipe, data: Path, out: Path, bar: Bar, tell: Tell) -> Measured:
    home = out / _folder(row.method)
    model = row.model or str(_trained(row, found, data, out, tell))
    tell(f"{row.method}: measuring {', '.join(found.test)}")
    request = Request(
        predictions=(),
        models=(model,),
        data=data / found.data.path,
        out=home / "report",
        only=found.test,
        group=found.data.group,
        label_map=found.data.label_map,
    )
    (entries,) = evaluate(request, bar).runs.values()
    return Measured(
        method=row.method,
        values={name: _value(entries, column) for name, column in found.columns.items()},
    )


def _folder(method: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in method.casefold())


def _trained(row: OurRow, found: Recipe, data: Path, out: Path, tell: Tell) -> Path:
    """Its run folder; the test groups are kept out of it. A run that is there is gone on with."""
    run = out / _folder(row.method) / "run"
    changes = {**row.changes, "data.exclude": list(found.test)}
    if row.after is not None:
        changes["network_from"] = str(out / _folder(row.after) / "run")
    settings = load_settings(
        row.preset, None, [f"{key}={json.dumps(value)}" for key, value in changes.items()]
    )
    tell(f"{row.method}: training as preset {row.preset} in {run}")
    train(settings, data, run, resume=run.exists())
    return run


def _value(entries: Sequence[Entry], column: str | Column) -> float | None:
    """Mean over cases, then over the column's classes; none where one of them has none.

    Of a metric whose name goes on with what it was made with, the one that ends with it.
    """
    metric, classes = (column, (ALL,)) if isinstance(column, str) else (column.metric, column.classes)
    fits = {
        one.class_: one.mean
        for one in reversed(entries)
        if one.metric == metric or (one.metric.startswith(f"{metric} (") and one.metric[-1] == ")")
    }
    means = [mean for name in classes if (mean := fits.get(name)) is not None]
    return fmean(means) if len(means) == len(classes) else None


def _result(
    name: str, scale: Scale, table: Published, about: str, rows: Sequence[Measured], test: Sequence[str]
) -> Reproduction:
    return Reproduction(
        table=name,
        scale=scale,
        published=table,
        about=about,
        rows=tuple(rows),
        hardware=hardware(),
        test_cases=tuple(test),
        versions=manifest.versions(),
    )
