"""Looks at a path: decides what it is, has it examined, and sorts what was found."""

from collections.abc import Sequence
from pathlib import Path

from segmem.doctor import folder, one_file
from segmem.doctor.finding import Diagnosis, sorted_findings
from segmem.report.bar import Bar


def diagnose(
    path: Path, classes: Sequence[str] = (), group: str | None = None, bar: Bar | None = None
) -> Diagnosis:
    """What a path is, and what there is to say of it. Reads it whole; writes nothing; runs nothing that it holds.

    Args:
        path: a file or folder; it need not exist.
        classes: names of the labels by value, for a dataset that does not bring them.
        group: as of `data.layouts.find_labelled`.
        bar: shows how many cases of a dataset are done.

    Raises:
        SettingsError: `group` is no expression with one group.
    """
    if path.is_dir():
        kind, looked = folder.examine(path, folder.Asked(classes, group, bar or Bar(shown=False)))
    else:
        kind, looked = one_file.examine(path, path.name)
    return Diagnosis(path=str(path), kind=kind, facts=looked.facts, findings=sorted_findings(looked.findings))
