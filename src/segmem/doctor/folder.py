"""A folder: what it is, and its examination."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from segmem.doctor import dicom, laid_out, one_file, run_folder, tree, weights
from segmem.doctor.finding import Code, Finding, Looked
from segmem.doctor.reading import DENIED
from segmem.io.formats import form
from segmem.io.hub import weights_in
from segmem.report.bar import Bar

NOTHING = Code(
    "folder-empty",
    "fault",
    "The folder holds nothing that segmem knows.",
    "There is nothing to segment or to learn from.",
    "Name the folder that holds the files, or convert them.",
)


class Asked(NamedTuple):
    """What the user says of a dataset, and where to show how far it is."""

    classes: Sequence[str] = ()
    group: str | None = None
    bar: Bar = Bar(shown=False)


def examine(root: Path, asked: Asked) -> tuple[str, Looked]:
    """What a folder is, in words, and what there is to say of it.

    Raises:
        SettingsError: the group that was asked for is no expression with one group.
    """
    try:
        inside = [path for path in sorted(root.iterdir()) if not path.name.startswith(".")]
    except OSError as why:
        return "a folder", Looked({}, [DENIED.at(root.name, f"it cannot be read ({why.strerror})")])
    of_names = tree.examine(root)
    if not inside:
        return "an empty folder", Looked({}, [*of_names, NOTHING.at(root.name, "it is empty")])
    kind, looked = _contents(root, asked)
    return kind, Looked(looked.facts, [*of_names, *looked.findings])


def _contents(root: Path, asked: Asked) -> tuple[str, Looked]:
    if run_folder.is_training(root):
        return "a training run", run_folder.of_training(root)
    if run_folder.is_prediction(root):
        return "predictions", run_folder.of_prediction(root)
    if (found := weights_in(root)) is not None:
        return "a model", weights.examine(found, found.name)
    if (dataset := laid_out.examine(root, asked.classes, asked.group, asked.bar)) is not None:
        return "a dataset", dataset
    if not dicom.holds_dicom(root):
        return _files(root)
    kind, looked = dicom.examine(root)
    known, beside = _loose(root)
    return f"{kind}{' beside other files' if known else ''}", Looked(
        looked.facts, [*looked.findings, *beside]
    )


def _files(root: Path) -> tuple[str, Looked]:
    """A folder of loose files, in it and below: each by itself."""
    known, found = _loose(root)
    if not known:
        files = [path for path in tree.entries(root, hidden=False) if path.is_file()]
        return "a folder", Looked({"files": len(files)}, [NOTHING.at(root.name, _none(files))])
    kinds = Counter(one_file.WORDS[kind] for path in known if (kind := form(path)))
    return "a folder of files", Looked({"files": len(known), **kinds}, found)


def _loose(root: Path) -> tuple[list[Path], list[Finding]]:
    """Files of a known kind, and their findings. A link that leads out is not followed; it is told of by its name."""
    home = root.resolve()
    files = [path for path in tree.entries(root, hidden=False) if path.is_file() and one_file.is_known(path)]
    inside = [path for path in files if path.resolve().is_relative_to(home)]
    return files, [
        one for path in inside for one in one_file.examine(path, str(path.relative_to(root)))[1].findings
    ]


def _none(files: Sequence[Path]) -> str:
    suffixes = ", ".join(sorted({path.suffix or "(none)" for path in files})[:8])
    return f"none of its {len(files)} files is of a known kind" + (f" (suffixes {suffixes})" if files else "")
