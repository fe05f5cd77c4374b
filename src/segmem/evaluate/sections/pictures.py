"""Frames with the prediction and the truth drawn over them."""

from collections.abc import Mapping, Sequence

from segmem.core.errors import SegmemError
from segmem.evaluate.result import Result
from segmem.evaluate.scores import Plan
from segmem.evaluate.shown import Shown, Wanted, wanted
from segmem.evaluate.shown import pictures as ask
from segmem.evaluate.workers import each
from segmem.report.bar import Bar
from segmem.report.page import Picture, Pictures, Section, Text

Made = Mapping[tuple[str, int], bytes]


def made_of(result: Result, plan: Plan, shown: Sequence[Shown], workers: int | None, bar: Bar) -> Made:
    """JPEG of each frame that is shown or to be reviewed, by case and number; what cannot be read is left out."""
    asked: list[Wanted] = wanted(result, plan, shown)
    made: dict[tuple[str, int], bytes] = {}
    with bar.task(f"{result.name}: pictures", len(asked)) as tick:
        for one, answer in each(ask, asked, workers, tick):
            if not isinstance(answer, SegmemError):
                made |= {(one.pair.case.name, frame): jpeg for frame, jpeg in answer.items()}
    return made


def pictures(shown: Sequence[Shown], made: Made, mark: str) -> Section:
    found = [
        Picture(made[one.case, one.frame], f"{one.case}, {one.frame}: Dice {one.dice:.3f} ({one.why})")
        for one in shown
        if (one.case, one.frame) in made
    ]
    if not found:
        return Section(f"Worst and median{mark}", ())
    about = Text(
        "Tinted: the prediction. White line: the truth. The number after a case is its frame or slice."
    )
    return Section(f"Worst and median{mark}", (about, Pictures(tuple(found))))
