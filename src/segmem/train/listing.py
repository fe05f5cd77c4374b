"""Which cases a run may see, and which of them validate."""

from collections.abc import Callable, Sequence
from pathlib import Path

from segmem.core.errors import InputError, SettingsError, nearest
from segmem.data.cases import LabelledCase
from segmem.data.layouts import find_labelled, recognise
from segmem.data.splits import Split, by_file, by_fraction, by_groups
from segmem.train.settings import SourceSettings, TrainSettings

SEEN = (1, 3)
"""How many channels a network takes."""


def listed(
    source: SourceSettings, root: Path, tell: Callable[[str], None] | None = None
) -> list[LabelledCase]:
    """Every case of a source.

    Args:
        source: its settings.
        root: its folder.
        tell: hears what the folder was taken for, and why, where the settings do not say.

    Raises:
        InputError: there are none, or they have more channels than a network takes.
        SettingsError: the source names what is not there.
    """
    layout = source.layout
    if layout is None and root.is_dir():
        taken = recognise(root)
        if tell:
            tell(f"{source.path}: taken for {taken.layout}: {taken.why}")
        cases = find_labelled(root, taken.layout, source.group, source.channel)
    else:
        cases = find_labelled(root, layout, source.group, source.channel)
    wide = next((case for case in cases if case.channels and len(case.channels) not in SEEN), None)
    if wide is not None:
        raise InputError(
            f"{source.path}: {wide.name} has {len(wide.channels)} channels ({', '.join(wide.channels)}); a network"
            f" takes one or three. Name one in the source: channel: {wide.channels[0]}."
        )
    return cases


def chosen_split(
    settings: TrainSettings,
    data_root: Path,
    whole: Sequence[list[LabelledCase]],
    kept: Sequence[list[LabelledCase]],
) -> Split:
    """Who trains and who validates.

    Args:
        settings: of the run.
        data_root: what a splits file is relative to.
        whole: all cases of each source.
        kept: those of them that the run may see.

    Raises:
        SettingsError: a group that does not exist, or two ways of choosing at once.
        InputError, UsageError: see `segmem.data.splits`.
    """
    data, cases = settings.data, [case for some in kept for case in some]
    groups = sorted({case.group for case in cases})
    for name in data.exclude:
        if name not in groups:
            raise SettingsError(f"data.exclude: {name!r} is no group of the data.{nearest(name, groups)}")
    cases = [case for case in cases if case.group not in data.exclude]
    if data.splits is not None:
        if data.validation or data.validation_fraction:
            raise SettingsError(
                "data.splits says who validates: leave validation and validation_fraction out."
            )
        split = by_file([case for some in whole for case in some], data_root / data.splits, data.fold)
        seen = {id(case) for case in cases}
        return Split(
            tuple(case for case in split.train if id(case) in seen),
            tuple(case for case in split.validation if id(case) in seen),
        )
    if not cases:
        return Split((), ())
    if data.validation:
        return by_groups(cases, data.validation)
    return by_fraction(cases, data.validation_fraction, settings.seed)
