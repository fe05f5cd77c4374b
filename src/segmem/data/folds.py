"""Splits of a dataset by patient, video or operation: k folds, or fixed shares."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path

from segmem.core.errors import UsageError
from segmem.data.cases import LabelledCase
from segmem.data.layouts import layout_of, raw_cases
from segmem.data.split_file import PARTS, Fold, write_splits
from segmem.data.splits import rank
from segmem.io.numbered import without_last_number

FOLDS = 5


@dataclass(frozen=True, slots=True)
class SplitWish:
    """How to split.

    Attributes:
        folds: how many; every group validates in one of them. None where `fractions` are given, else 5.
        fractions: shares of the groups that train, validate and test; they add up to 1.
        seed: which groups go where.
        i_know: allow a split by frame.
    """

    folds: int | None = None
    fractions: tuple[float, ...] = ()
    seed: int = 0
    i_know: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """What came of it.

    Attributes:
        layout: what the folder was read as.
        cases, groups: how many there are.
        folds: as written.
    """

    layout: str
    cases: int
    groups: int
    folds: tuple[Fold, ...]

    def told(self, out: Path) -> str:
        """For people."""
        parts = [
            f"fold {number}: " + ", ".join(f"{len(getattr(fold, part))} {part}" for part in PARTS)
            for number, fold in enumerate(self.folds)
        ]
        return "\n".join([f"{out}: {self.cases} cases ({self.layout}) in {self.groups} groups", *parts])

    def as_json(self) -> str:
        """For machines."""
        return json.dumps(asdict(self), indent=2)


def split_data(
    root: Path,
    out: Path,
    wish: SplitWish,
    layout: str | None = None,
    group: str | None = None,
    overwrite: bool = False,
) -> Made:
    """Split the cases under `root` by group and write the file.

    Raises:
        UsageError: the wish cannot be met, or the split would be by frame.
        InputError, SettingsError: the data cannot be listed.
        OutputError: the file exists and must not be replaced, or cannot be written.
    """
    name = layout_of(root, layout)
    cases = raw_cases(root, name, group)
    if not wish.i_know:
        require_no_frames(cases, group)
    folds = make_folds(cases, wish)
    write_splits(out, folds, {"layout": name, "group": group, "seed": wish.seed}, overwrite)
    return Made(name, len(cases), len({case.group for case in cases}), folds)


def shares(written: str | None) -> tuple[float, ...]:
    """`.8,.1,.1` as numbers; none of nothing.

    Raises:
        UsageError: it is written otherwise.
    """
    try:
        return tuple(float(one) for one in written.split(",")) if written else ()
    except ValueError:
        raise UsageError(
            f"--fractions {written!r} is not numbers with commas between, as in .8,.1,.1."
        ) from None


def make_folds(cases: Sequence[LabelledCase], wish: SplitWish) -> tuple[Fold, ...]:
    """Names of groups in each part; the order of the cases plays no role.

    Raises:
        UsageError: folds and fractions together, fractions that do not add up to 1, or too few groups.
    """
    groups = sorted({case.group for case in cases}, key=lambda name: rank(name, wish.seed))
    if wish.fractions:
        if wish.folds is not None:
            raise UsageError("Give --folds or --fractions, not both.")
        return (_shares(groups, wish.fractions),)
    folds = FOLDS if wish.folds is None else wish.folds
    if not 2 <= folds <= len(groups):
        raise UsageError(
            f"--folds {folds} is not possible: there are {len(groups)} patients, videos or operations, so 2 to"
            f" {len(groups)} are."
        )
    held = [set(groups[number::folds]) for number in range(folds)]
    return tuple(Fold(tuple(sorted(set(groups) - aside)), tuple(sorted(aside))) for aside in held)


def require_no_frames(cases: Sequence[LabelledCase], group: str | None) -> None:
    """Refuse what would put frames of one patient, video or operation into two parts.

    Stills that are each a group of their own may be frames of a video, and so may scans whose names differ in their
    last number alone, several for each; only who has the data can know.

    Raises:
        UsageError: the groups may be frames.
    """
    alone = [case for case in cases if case.group == case.name and case.kind != "video"]
    if group is not None or len(alone) < len(cases):
        return
    families = {without_last_number(case.name) for case in alone}
    alike = 1 < len(families) < len(alone)
    if alone[0].kind == "image" or alike:
        names = ", ".join(case.name for case in alone[:3])
        raise UsageError(
            f"This would split by frame: each of {names}... would go its own way, though several may be of one patient,"
            " video or operation, and a test would then measure what was trained on. Say what belongs together with"
            " --group, as in --group '^(patient\\d+)'; or --i-know, where each is a patient of its own."
        )


def _shares(groups: Sequence[str], fractions: Sequence[float]) -> Fold:
    if (
        not 2 <= len(fractions) <= 3
        or min(fractions) < 0
        or fractions[0] == 0
        or abs(sum(fractions) - 1) > 1e-6
    ):
        raise UsageError(
            f"--fractions {','.join(f'{one:g}' for one in fractions)} must be two or three shares (train, validation,"
            " test) that add up to 1, as in .8,.1,.1."
        )
    ends = [round(end * len(groups)) for end in accumulate(fractions)]
    parts = [tuple(sorted(groups[start:end])) for start, end in zip([0, *ends], ends, strict=False)]
    for share, part in zip(fractions, parts, strict=True):
        if share > 0 and not part:
            raise UsageError(
                f"{len(groups)} patients, videos or operations are too few: a share of {share:g} is none of them."
            )
    return Fold(*parts)
