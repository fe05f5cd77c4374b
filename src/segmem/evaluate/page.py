"""The report of an evaluation: what people would rather look at than read."""

from collections.abc import Sequence
from datetime import date

from segmem import manifest
from segmem.evaluate.compare import Comparison
from segmem.evaluate.request import Request
from segmem.evaluate.result import Result
from segmem.evaluate.scores import Plan
from segmem.evaluate.sections.cases import cases
from segmem.evaluate.sections.classes import classes
from segmem.evaluate.sections.comparison import comparison
from segmem.evaluate.sections.method import method
from segmem.evaluate.sections.over_time import over_time
from segmem.evaluate.sections.pictures import made_of, pictures
from segmem.evaluate.sections.released import released
from segmem.evaluate.sections.summary import summary
from segmem.evaluate.sections.trust import trust
from segmem.evaluate.shown import choose
from segmem.report.bar import Bar
from segmem.report.page import html


def report(
    request: Request,
    results: Sequence[Result],
    plans: Sequence[Plan],
    comparisons: Sequence[Comparison],
    faults: Sequence[str],
    bar: Bar,
) -> str:
    """The page.

    Raises:
        MissingExtraError: Jinja or Matplotlib is not installed.
    """
    sections = [summary(results)]
    if len(results) > 1:
        sections.append(comparison(comparisons, faults))
    sections += [released(results), classes(results)]
    for result, plan in zip(results, plans, strict=True):
        mark = "" if len(results) == 1 else f" - {result.name}"
        shown = choose(result)
        made = made_of(result, plan, shown, request.workers, bar)
        sections += [
            cases(result, mark),
            pictures(shown, made, mark),
            *trust(result, made, mark),
            over_time(result, mark),
        ]
    sections.append(method(request, results))
    return html("Evaluation", _facts(request, results), sections)


def _facts(request: Request, results: Sequence[Result]) -> list[tuple[str, str]]:
    known = manifest.versions()
    return [
        ("runs" if len(results) > 1 else "run", ", ".join(one.name for one in results)),
        ("data", request.data.resolve().name),
        ("cases", str(len(results[0].scored))),
        ("patients, videos or operations", str(results[0].groups)),
        ("classes", ", ".join(results[0].classes[1:])),
        ("made", f"{date.today().isoformat()}, segmem {known['segmem']}"),
    ]
