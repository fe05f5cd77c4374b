"""Which frames a report shows, and their pictures."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import fmean, median_low

from segmem.evaluate.opened import frames_of, geometry_of
from segmem.evaluate.pairs import Pair
from segmem.evaluate.result import Result
from segmem.evaluate.scores import Plan, as_classes
from segmem.evaluate.trust import frame_dice
from segmem.report.thumbnail import thumbnail

WORST, MEDIAN = 6, 2


@dataclass(frozen=True, slots=True)
class Shown:
    """One frame of a report.

    Attributes:
        case: its name.
        frame: its number.
        why: it is shown, in a word or two.
        dice: mean over classes; NaN where nobody drew it.
    """

    case: str
    frame: int
    why: str
    dice: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """The pictures that one case is asked for."""

    pair: Pair
    plan: Plan
    frames: frozenset[int]


def choose(result: Result) -> list[Shown]:
    """The worst frame of the six worst cases and a median frame of the two in the middle.

    Of six cases or fewer, a median frame of each; of one case alone, its six worst frames, ten or more apart, and two
    in the middle.
    """
    by_case = {one.case: frames for one in result.scored if (frames := frame_dice(one))}
    if len(by_case) == 1:
        ((name, frames),) = by_case.items()
        return _of_one(name, frames)
    order = sorted(by_case, key=lambda name: fmean(by_case[name].values()))
    worst = order[:WORST]
    middle = order[len(order) // 2 :][:MEDIAN] if len(order) > WORST else worst
    shown = [_at(name, by_case[name], "worst", min) for name in worst]
    typical = [_at(name, by_case[name], "median", median_low) for name in middle]
    seen = {(one.case, one.frame) for one in shown}
    return shown + [one for one in typical if (one.case, one.frame) not in seen]


def _at(name: str, frames: dict[int, float], why: str, pick: Callable[[Iterable[float]], float]) -> Shown:
    value = pick(frames.values())
    return Shown(name, next(frame for frame, dice in frames.items() if dice == value), why, value)


def _of_one(name: str, frames: dict[int, float], apart: int = 10) -> list[Shown]:
    worst: list[int] = []
    for frame in sorted(frames, key=frames.__getitem__):
        if len(worst) < WORST and all(abs(frame - other) >= apart for other in worst):
            worst.append(frame)
    order = sorted(frames, key=frames.__getitem__)
    middle = [frame for frame in order[len(order) // 2 :][:MEDIAN] if frame not in worst]
    chosen = [(frame, "worst") for frame in worst] + [(frame, "median") for frame in middle]
    return [Shown(name, frame, why, frames[frame]) for frame, why in chosen]


def wanted(result: Result, plan: Plan, shown: Iterable[Shown]) -> list[Wanted]:
    """By case, with the frames of the review list."""
    frames: dict[str, set[int]] = {}
    for one in shown:
        frames.setdefault(one.case, set()).add(one.frame)
    for look in () if result.trust is None else result.trust.review:
        frames.setdefault(look.case, set()).add(look.frame)
    return [Wanted(result.pairs[name], plan, frozenset(each)) for name, each in frames.items()]


def pictures(asked: Wanted) -> dict[int, bytes]:
    """JPEG of each frame that is asked for; the case is read up to the last of them."""
    made: dict[int, bytes] = {}
    frames = frames_of(asked.pair, geometry_of(asked.pair))
    for seen in as_classes(frames, asked.plan, asked.pair.case.name):
        if seen.index in asked.frames:
            made[seen.index] = thumbnail(seen.picture, seen.predicted, seen.truth)
        if len(made) == len(asked.frames):
            break
    return made
