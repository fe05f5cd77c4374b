"""Which labelled cases a folder holds: those of its own layout, or of its folders named train, val or test."""

from collections.abc import Sequence
from pathlib import Path

from segmem.core.errors import FormatError, InputError
from segmem.data.cases import LabelledCase
from segmem.doctor import dataset
from segmem.doctor.finding import Code, Looked
from segmem.doctor.names import split_of_name
from segmem.doctor.reading import reason
from segmem.report.bar import Bar

BROKEN = Code(
    "dataset-refused",
    "fault",
    "The folder is laid out as a dataset, but it cannot be listed.",
    "Training and evaluation stop at it.",
    "See what the reader says.",
)


def examine(root: Path, classes: Sequence[str], group: str | None, bar: Bar | None = None) -> Looked | None:
    """The examination of a dataset; None where neither the folder nor its splits have a known layout.

    Raises:
        SettingsError: `group` is no expression with one group.
    """
    from segmem.data.layouts import class_names, raw_cases, recognise

    parts = [root, *(path for path in sorted(root.iterdir()) if path.is_dir() and split_of_name(path.name))]
    cases: list[LabelledCase] = []
    named: dict[int, str] = {}
    told: dict[str, str] = {}
    for part in parts:
        try:
            taken = recognise(part)
        except FormatError as error:
            return Looked({}, [BROKEN.at(part.name, reason(error, part))])
        except InputError:
            continue
        told[part.name] = f"{taken.layout} ({taken.why})"
        try:
            cases += raw_cases(part, taken.layout, group)
            named |= class_names(part, taken.layout)
        except InputError as error:
            return Looked({"layout": taken.layout}, [BROKEN.at(part.name, reason(error, part))])
        if part == root:
            break
    if not told:
        return None
    by_value = tuple(named.get(value, f"class {value}") for value in range(max(named) + 1)) if named else ()
    facts, found = dataset.examine(root, cases, classes or by_value, bar)
    layout = (
        next(iter(told.values())) if root.name in told else "; ".join(f"{k}: {v}" for k, v in told.items())
    )
    return Looked({"layout": layout, **facts}, found)
