"""Which cases of a source a run may see, and which are held out to be measured on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from segmem.core.errors import SettingsError, UsageError
from segmem.data.cases import LabelledCase
from segmem.data.splits import rank
from segmem.train.settings import SourceSettings, TrainSettings


@dataclass(frozen=True, slots=True)
class Parted:
    """Cases that may be seen, and cases held out; no group is in both."""

    kept: list[LabelledCase]
    held: list[LabelledCase]


def parted_sources(settings: TrainSettings, whole: Sequence[Sequence[LabelledCase]]) -> list[Parted]:
    """All cases of each source, parted; see `parted_cases`."""
    data = settings.data
    seed = settings.seed if data.split_seed is None else data.split_seed
    return [
        parted_cases(source, cases, seed, data.test_limit)
        for source, cases in zip(data.sources, whole, strict=True)
    ]


def parted_cases(
    source: SourceSettings, cases: Sequence[LabelledCase], seed: int, test_limit: int | None = None
) -> Parted:
    """A source's cases, parted as its settings say.

    Args:
        source: its settings.
        cases: all of them.
        seed: chooses the groups that are held out, and what a limit leaves.
        test_limit: at most so many are held out to be measured on; the others are not seen either.

    Raises:
        SettingsError: a pattern is no regular expression.
        UsageError: nothing is left to train on, or a group would be on both sides.
    """
    used = [case for case in cases if not _finds(source.left_out_names, case.name)]
    groups = _held_groups(source, used, seed)
    held = [case for case in used if _finds(source.held_out_names, case.name) or case.group in groups]
    apart = {id(case) for case in held}
    kept = [case for case in used if id(case) not in apart]
    shared = {case.group for case in held} & {case.group for case in kept}
    if shared:
        raise UsageError(
            f"{source.path}: {', '.join(sorted(shared))} would be held out and trained on. A patient, video or"
            " operation may be in one of them only: let held_out_names find all of its cases."
        )
    if used and not kept:
        raise UsageError(f"{source.path}: all {len(used)} cases are held out, none is left to train on.")
    return Parted(_limited(kept, source.limit, seed), _limited(held, test_limit, seed))


def _held_groups(source: SourceSettings, cases: Sequence[LabelledCase], seed: int) -> set[str]:
    """About a share of the groups, one at least where there is a share: the fold's place among them, by a hash."""
    if not source.held_out:
        return set()
    groups = sorted({case.group for case in cases}, key=lambda group: rank(group, seed))
    count = max(1, round(source.held_out * len(groups)))
    first = source.held_out_fold * count
    if first >= len(groups):
        raise SettingsError(
            f"{source.path}: held_out_fold {source.held_out_fold} is past the end: {len(groups)} groups make"
            f" {-(-len(groups) // count)} folds of {count}."
        )
    return set(groups[first : first + count])


def _limited(cases: list[LabelledCase], limit: int | None, seed: int) -> list[LabelledCase]:
    return cases if limit is None else sorted(cases, key=lambda case: rank(case.name, seed))[:limit]


def _finds(pattern: str | None, name: str) -> bool:
    if pattern is None:
        return False
    try:
        return re.search(pattern, name) is not None
    except re.error as fault:
        raise SettingsError(f"{pattern!r} is no regular expression: {fault}.") from None
