"""Looks at a path: decides what it is, has it examined, and sorts what was found."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from segmem.core.errors import FormatError, InputError
from segmem.doctor import dicom, film, picture, run_folder, scan, tree, weights
from segmem.doctor.finding import Code, Diagnosis, Finding, Looked, sorted_findings
from segmem.doctor.foreign import program_of
from segmem.doctor.reading import DENIED, TEXT, UNKNOWN, reason, unreadable
from segmem.io.checkpoint import SUFFIXES
from segmem.io.formats import Form, form, suffix
from segmem.io.hub import weights_in

NOTHING = Code(
    "folder-empty",
    "fault",
    "The folder holds nothing that segmem knows.",
    "There is nothing to segment or to learn from.",
    "Name the folder that holds the files, or convert them.",
)
BROKEN = Code(
    "dataset-refused",
    "fault",
    "The folder is laid out as a dataset, but it cannot be listed.",
    "Training and evaluation stop at it.",
    "See what the reader says.",
)
Examine = Callable[[Path, str], Looked]
_FILES: dict[Form, Examine] = {"image": picture.examine, "video": film.examine, "volume": scan.examine}
_WORDS: dict[Form, str] = {"image": "a picture", "video": "a video", "volume": "a scan"}
_LABELS = {"image": "a mask", "volume": "a label map"}


def diagnose(path: Path, classes: Sequence[str] = (), group: str | None = None) -> Diagnosis:
    """What a path is, and what there is to say of it. Reads it whole; writes nothing; runs nothing that it holds.

    Args:
        path: a file or folder; it need not exist.
        classes: names of the labels by value, for a dataset that does not bring them.
        group: as of `data.layouts.find_labelled`.

    Raises:
        SettingsError: `group` is no expression with one group.
    """
    if path.is_dir():
        kind, looked = _folder(path, classes, group)
    else:
        kind, looked = file(path, path.name)
    return Diagnosis(path=str(path), kind=kind, facts=looked.facts, findings=sorted_findings(looked.findings))


def file(path: Path, where: str) -> tuple[str, Looked]:
    """What one file is, in words, and what there is to say of it."""
    closed = unreadable(path, where)
    if closed is not None and (closed.code != TEXT.code or form(path)):
        known = form(path)
        kind = _WORDS[known] if known else "a file"
        return (kind if path.exists() else "nothing"), Looked({}, [closed])
    if suffix(path) in (".safetensors", *SUFFIXES):
        return "weights", weights.examine(path, where)
    known = form(path)
    if known is not None:
        looked = _FILES[known](path, where)
        is_label = any(one.code.startswith("label-") for one in looked.findings) or "labels" in looked.facts
        return _LABELS.get(known, _WORDS[known]) if is_label else _WORDS[known], looked
    if dicom.is_dicom(path):
        return dicom.examine(path)
    return "a file of an unknown kind", Looked({}, [UNKNOWN.at(where, program_of(path))])


def _folder(root: Path, classes: Sequence[str], group: str | None) -> tuple[str, Looked]:
    try:
        inside = [path for path in sorted(root.iterdir()) if not path.name.startswith(".")]
    except OSError as why:
        return "a folder", Looked({}, [DENIED.at(root.name, f"it cannot be read ({why.strerror})")])
    if not inside:
        return "an empty folder", Looked({}, [NOTHING.at(root.name, "it is empty")])
    of_names = tree.examine(root)
    kind, looked = _contents(root, inside, classes, group)
    return kind, Looked(looked.facts, [*of_names, *looked.findings])


def _contents(
    root: Path, inside: list[Path], classes: Sequence[str], group: str | None
) -> tuple[str, Looked]:
    if run_folder.is_training(root):
        return "a training run", run_folder.of_training(root)
    if run_folder.is_prediction(root):
        return "predictions", run_folder.of_prediction(root)
    if (found := weights_in(root)) is not None:
        return "a model", weights.examine(found, found.name)
    dataset = _dataset(root, classes, group)
    if dataset is not None:
        return "a dataset", dataset
    if dicom.holds_dicom(root):
        return dicom.examine(root)
    return _files(root, inside)


def _dataset(root: Path, classes: Sequence[str], group: str | None) -> Looked | None:
    """The examination of a dataset; None where the folder has no known layout."""
    from segmem.data.layouts import class_names, raw_cases, recognise
    from segmem.doctor.dataset import examine

    try:
        taken = recognise(root)
    except FormatError as error:
        return Looked({}, [BROKEN.at(root.name, reason(error, root))])
    except InputError:
        return None
    facts = {"layout": taken.layout, "taken for it because": taken.why}
    try:
        cases = raw_cases(root, taken.layout, group)
        named = class_names(root, taken.layout)
    except InputError as error:
        return Looked(facts, [BROKEN.at(root.name, reason(error, root))])
    by_value = tuple(named.get(value, f"class {value}") for value in range(max(named) + 1)) if named else ()
    more, found = examine(root, cases, classes or by_value)
    return Looked({**facts, **more}, found)


def _files(root: Path, inside: list[Path]) -> tuple[str, Looked]:
    """A folder of loose files: each by itself."""
    files = [path for path in inside if path.is_file()]
    kinds = Counter(_WORDS.get(kind, "a file") for path in files if (kind := form(path)))
    found: list[Finding] = []
    looked_at = 0
    for path in files:
        if form(path) or suffix(path) in (".safetensors", *SUFFIXES):
            looked_at += 1
            found += file(path, path.name)[1].findings
    if not looked_at:
        folders = ", ".join(path.name for path in inside if path.is_dir())
        told = f"none of its {len(files)} files is of a known kind" + (
            f"; it has the folders {folders}" if folders else ""
        )
        return "a folder", Looked({"files": len(files)}, [NOTHING.at(root.name, told)])
    return "a folder of files", Looked({"files": len(files), **dict(kinds)}, found)
