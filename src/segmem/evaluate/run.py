"""One evaluation: every case of one run or several, the tables, the summary and the report."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from segmem import manifest
from segmem.core import Settings
from segmem.core.errors import InputError, OutputError, UsageError, nearest
from segmem.data.cases import LabelledCase
from segmem.data.layouts import find_labelled, recognise
from segmem.evaluate.compare import Comparison, compare
from segmem.evaluate.engine import make_engine
from segmem.evaluate.pairs import Pairing, pair
from segmem.evaluate.predicted import predicted
from segmem.evaluate.request import Request
from segmem.evaluate.result import Result
from segmem.evaluate.scores import CaseScores, Plan, scores
from segmem.evaluate.summary import Entry, summary
from segmem.evaluate.trust import trust
from segmem.evaluate.workers import each
from segmem.evaluate.written import write_result
from segmem.io.outputs import write_json_atomic, write_text_atomic
from segmem.predict.watch import Watch
from segmem.report.bar import Bar
from segmem.report.extras import require_drawing

REPORT, COMPARISON = "report.html", "comparison.json"


class Evaluation(Settings):
    """What came of it."""

    runs: dict[str, tuple[Entry, ...]]
    """Means over cases of each run."""
    comparisons: tuple[Comparison, ...]
    """Of every run but the first with the first."""
    faults: tuple[str, ...]
    """What could not be measured, one line each; the rest stands."""
    notes: tuple[str, ...]
    """What was left out, and why."""


def run(request: Request, bar: Bar | None = None, tell: Callable[[str], None] | None = None) -> Evaluation:
    """Measure every case that has a prediction; write `metrics.csv`, `summary.json` and `report.html`.

    Several runs have a folder each for their tables; the report and `comparison.json` are about all.

    Args:
        request: what to measure.
        bar: shows how many cases are done.
        tell: hears what the data was taken for, and why.

    Raises:
        InputError: nothing can be paired, or not one case could be measured.
        UsageError: no names of classes are given or known.
        OutputError: the results cannot be written.
        MissingExtraError: something of the extra `eval` is not installed.
    """
    if not request.predictions and not request.models:
        raise UsageError("Name what to measure: -p with a folder of predictions, or -m with a model.")
    _writable(request.out)
    cases = _chosen(_listed(request, tell), request.only)
    _require_extras(request, cases)
    bar = bar or Bar(shown=False)
    made = [predicted(model, cases, request.out, Watch(bar=bar.shown)) for model in request.models]
    folders = [*request.predictions, *(folder for folder, _ in made)]
    names = _names(folders)
    results, plans = [], []
    for name, folder in zip(names, folders, strict=True):
        plan = request.plan(_classes(request, folder))
        results.append(measure(name, pair(cases, folder), plan, request.workers, bar))
        plans.append(plan)
        home = request.out if len(names) == 1 else request.out / name
        write_result(home, results[-1], request.data.resolve().name)
    comparisons, faults = _compared(results)
    faults = [fault for _, of_model in made for fault in of_model] + faults
    if len(results) > 1:
        write_json_atomic(
            request.out / COMPARISON,
            {"comparisons": [one.model_dump(mode="json", by_alias=True) for one in comparisons]},
        )
    if request.report:
        from segmem.evaluate.page import report

        text = report(request, results, plans, comparisons, faults, bar)
        write_text_atomic(request.out / REPORT, text)
    return Evaluation(
        runs={one.name: one.entries for one in results},
        comparisons=tuple(comparisons),
        faults=tuple(_about(one, fault, names) for one in results for fault in one.faults) + tuple(faults),
        notes=tuple(_about(one, note, names) for one in results for note in one.notes),
    )


def measure(name: str, found: Pairing, plan: Plan, workers: int | None, bar: Bar) -> Result:
    """One run.

    Raises:
        InputError: not one case could be measured.
    """
    scored: list[CaseScores] = []
    faults = _unpaired(found)
    with bar.task(f"{name}: measuring", len(found.pairs)) as tick:
        for one, answer in each(partial(scores, plan=plan), found.pairs, workers, tick):
            if isinstance(answer, CaseScores):
                scored.append(answer)
            else:
                faults.append(f"{one.case.name} failed: {answer}")
    if not scored:
        raise InputError(f"{name}: not one case could be measured. {' '.join(faults)}")
    scored.sort(key=lambda one: one.case)
    return Result(
        name=name,
        classes=plan.classes,
        pairs={one.case.name: one for one in found.pairs},
        scored=tuple(scored),
        entries=tuple(summary(scored)),
        trust=trust(scored),
        faults=tuple(sorted(faults)),
        notes=tuple(note for one in scored for note in one.notes),
    )


def _listed(request: Request, tell: Callable[[str], None] | None) -> list[LabelledCase]:
    taken = recognise(request.data)
    if tell:
        tell(f"{request.data}: taken for {taken.layout}: {taken.why}")
    return find_labelled(request.data, taken.layout, request.group)


def _chosen(cases: list[LabelledCase], only: Sequence[str]) -> list[LabelledCase]:
    """Those of the names, by case or by group."""
    unknown = sorted(set(only) - {one.name for one in cases} - {one.group for one in cases})
    if unknown:
        raise UsageError(
            f"--only {unknown[0]!r} is no case and no group.{nearest(unknown[0], [c.name for c in cases])}"
        )
    return [one for one in cases if not only or one.name in only or one.group in only]


def _require_extras(request: Request, cases: Sequence[LabelledCase]) -> None:
    """What would be lacking after hours of work is noticed before."""
    if request.flow is not None and any(one.kind == "video" for one in cases):
        make_engine(request.flow, request.flow_weights)
    if request.report:
        require_drawing()


def _writable(folder: Path) -> None:
    """Before hours of work."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".segmem.probe"
        probe.touch()
        probe.unlink()
    except OSError as why:
        raise OutputError(
            f"{folder} cannot be written ({why.strerror}). Give a folder with -o where you may write."
        ) from None


def _names(folders: Sequence[Path]) -> list[str]:
    """Of the runs: of their folders, with the one above where two are alike."""
    names = [path.resolve().name for path in folders]
    if len(set(names)) < len(names):
        names = ["_".join(path.resolve().parts[-2:]) for path in folders]
    if len(set(names)) < len(names):
        raise UsageError(
            "Two of the predictions have the same name. Give each folder once, under a name of its own."
        )
    return names


def _classes(request: Request, folder: Path) -> tuple[str, ...]:
    if request.classes:
        return request.classes
    for place in (folder, folder.parent):
        known = manifest.read(place / manifest.NAME)
        if known is not None and len(known.classes) > 1:
            return known.classes
    raise UsageError(
        f"{folder} has no manifest that names its classes. Name them by id with --classes, the background first, as"
        " in --classes background,polyp."
    )


def _unpaired(found: Pairing) -> list[str]:
    missing = [f"{name}: no prediction." for name in found.missing]
    return missing + [f"{name}: a prediction without a case; it was passed over." for name in found.extra]


def _compared(results: Sequence[Result]) -> tuple[list[Comparison], list[str]]:
    """The first run with each other one, and why one could not be."""
    found: list[Comparison] = []
    faults: list[str] = []
    for other in results[1:]:
        try:
            found.append(compare(results[0], other))
        except InputError as fault:
            faults.append(str(fault))
    return found, faults


def _about(result: Result, line: str, names: Sequence[str]) -> str:
    return line if len(names) == 1 else f"{result.name}: {line}"
