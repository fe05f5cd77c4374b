"""A dataset: each labelled case by itself, then all of them beside each other."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from segmem.core.errors import SegmemError
from segmem.data.cases import LabelledCase
from segmem.doctor import case_files, label_values, leaks, overview, split_lists
from segmem.doctor.finding import Code, Finding, Looked
from segmem.doctor.reading import reason
from segmem.doctor.tally import Tally, count
from segmem.io.formats import form
from segmem.report.bar import Bar

REFUSED = Code(
    "case-refused",
    "fault",
    "A labelled case cannot be read.",
    "Training and evaluation stop at it.",
    "See what the reader says.",
)
NO_LABEL = Code(
    "image-without-label",
    "warning",
    "An image has no label map.",
    "It is not used for training.",
    "Add its label map, or check that both have the same name.",
)
IGNORED = Code(
    "label-ignored-in-part",
    "warning",
    "Some pixels of a frame are labelled, others are to be ignored.",
    "A frame is learnt from whole or not at all; training refuses such a one.",
    "Say what the ignored pixels are: segmem convert data ... --label-map ignore=background.",
)


def examine(
    root: Path, cases: Sequence[LabelledCase], classes: Sequence[str] = (), bar: Bar | None = None
) -> Looked:
    """Facts and findings of the labelled cases under `root`; `classes` by value, empty where nothing names them."""
    folds, found = split_lists.folds(root)
    found += _unlabelled(root, cases)
    tallies = []
    with (bar or Bar(shown=False)).task("cases", len(cases)) as done:
        for case in cases:
            one, of_case = _case(root, case, classes)
            found += of_case
            if one is not None:
                tallies.append(one)
            done()
    found += overview.examine(tallies, classes)
    found += [*leaks.of_groups(tallies, folds), *leaks.of_pictures(tallies, folds)]
    facts = {
        "kinds": dict(Counter(case.kind for case in cases)),
        "groups": len({case.group for case in cases}),
        **overview.facts(tallies, classes),
    }
    return Looked(facts, found)


def _case(root: Path, case: LabelledCase, classes: Sequence[str]) -> tuple[Tally | None, list[Finding]]:
    found, spacing = case_files.examine(root, case)
    if any(one.severity == "fault" for one in found):
        return None, found
    try:
        one = count(case, root)
    except SegmemError as error:
        more = case_files.masks(root, case) if case.kind == "video" else []
        if not any(finding.severity == "fault" for finding in more):
            more = [REFUSED.at(case.name, reason(error, case.files[-1] if case.files else root))]
        return None, [*found, *more]
    one.spacing_mm = spacing
    return one, [*found, *_of_labels(case, one, classes, found)]


def _of_labels(
    case: LabelledCase, one: Tally, classes: Sequence[str], found: Sequence[Finding]
) -> list[Finding]:
    """Of the values of a case's labels; `found` is what its files have said already."""
    counts = {value: number for value, number in one.counts.items() if value != case.ignore}
    if len(counts) < len(one.counts) and counts and case.ignore is not None:
        return [IGNORED.at(case.name, f"{one.counts[case.ignore]} pixels have the value {case.ignore}")]
    if any(finding.code == label_values.FOREGROUND_255.code for finding in found):
        return []
    if set(counts) in ({0, 255}, {255}):
        told = "the values are 0 and 255: --label-map 255=1"
        return [label_values.FOREGROUND_255.at(case.name, told, fix=False)]
    return label_values.outside(counts, classes, case.name) if classes else []


def _unlabelled(root: Path, cases: Sequence[LabelledCase]) -> list[Finding]:
    """Images in the cases' own folders that belong to none of them."""
    used = {path for case in cases for path in case.files}
    folders = {
        path.parent
        for case in cases
        if case.kind != "video"
        for path in case.files
        if path not in case_files.labels(case)
    }
    return [
        NO_LABEL.at(case_files.place(root, path), "no label map bears its name")
        for folder in sorted(folders)
        for path in sorted(folder.iterdir())
        if path.is_file() and form(path) in {"image", "volume"} and path not in used
    ]
