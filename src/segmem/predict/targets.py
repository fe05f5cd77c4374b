"""Where the answer to each case goes, checked before any work is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from segmem import manifest
from segmem.core.errors import OutputError, UsageError
from segmem.io.case import Case
from segmem.io.confidence import FOLDER
from segmem.io.formats import case_name, form, suffix

OURS = ("labels", FOLDER, "frames.csv", "overlay.mp4", manifest.NAME)
"""All that a video's folder may hold, in the order in which it appears: the manifest says that it is whole."""


DICOM = ".dcm"
"""What a DICOM-SEG is named with."""


@dataclass(frozen=True, slots=True)
class Target:
    """One case and the file or folder that its answer becomes."""

    case: Case
    path: Path


@dataclass(frozen=True, slots=True)
class Targets:
    """All of a run's."""

    each: tuple[Target, ...]
    manifest: Path
    """Of the run."""

    def name(self, target: Target) -> str:
        """Where `target` is, seen from the manifest."""
        return "." if target.path == self.manifest.parent else target.path.name


def targets(cases: Sequence[Case], out: Path) -> Targets:
    """One video fills the folder `out`, several a subfolder each; scans and images lie flat in it.

    Raises:
        UsageError: `out` is one file and the input is not one image or scan, or an input would be overwritten.
    """
    kind = None if out.is_dir() else "dicom" if suffix(out) == DICOM else form(out)
    if kind is not None:
        found = Targets((_single(cases, out, kind),), out.with_name(f"{case_name(out)}.manifest.json"))
    elif len(cases) == 1 and cases[0].kind == "video":
        found = Targets((Target(cases[0], out),), out / manifest.NAME)
    else:
        found = Targets(tuple(Target(case, out / _file_name(case)) for case in cases), out / manifest.NAME)
    for target in found.each:
        _spare_inputs(target)
    return found


def _single(cases: Sequence[Case], out: Path, kind: str) -> Target:
    if len(cases) != 1:
        raise UsageError(f"{out} is one file, the input is {len(cases)} cases. Give a folder with -o.")
    case = cases[0]
    if kind == "dicom":
        require_scan(case, f"-o {out.name}")
        return Target(case, out)
    if case.kind == "video" or kind != case.kind or (kind == "image" and suffix(out) != ".png"):
        wanted = {
            "video": "a folder",
            "image": "a .png file or a folder",
            "volume": "a .nii.gz file or a folder",
        }
        raise UsageError(
            f"The labels of {_a(case.kind)} cannot be {out.name!r}; -o takes {wanted[case.kind]}."
        )
    return Target(case, out)


def require_scan(case: Case, option: str) -> None:
    """Raise UsageError where the case is no scan of DICOM, whose labels alone can be DICOM."""
    if case.form != "dicom" or case.kind != "volume":
        raise UsageError(
            f"{option} writes DICOM, which belongs to a scan that is DICOM; {case.name} is none."
        )


def _a(kind: str) -> str:
    return "an image" if kind == "image" else f"a {kind}"


def _file_name(case: Case) -> str:
    if case.kind == "video":
        return case.name
    if case.kind == "image":
        return f"{case.name}.png"
    mine = ".nii.gz" if case.form == "dicom" else suffix(case.paths[0])
    return case.name + (".nii.gz" if mine == ".nii" else mine)


def _spare_inputs(target: Target) -> None:
    place = target.path.resolve()
    if any(path.resolve() == place for path in target.case.paths):
        raise UsageError(
            f"{target.path} is the input itself and would be overwritten. Give another folder with -o."
        )


def require_room(found: Targets, overwrite: bool) -> None:
    """Raise OutputError where something is in the way that this run may not replace.

    A folder that a user filled is never emptied: only outputs of ours, beside a manifest of ours, are replaced.
    """
    for target in found.each:
        there = _in_the_way(target)
        if not there:
            continue
        if not overwrite:
            raise OutputError(
                f"{there} exists, and --no-overwrite was given. Give another folder, or --resume."
            )
        if target.case.kind == "video" and manifest.read(target.path / manifest.NAME) is None:
            raise OutputError(
                f"{there} was not made by segmem and is not replaced. Give another folder with -o."
            )


def _in_the_way(target: Target) -> Path | None:
    if target.case.kind != "video":
        return target.path if target.path.exists() else None
    if target.path.exists() and not target.path.is_dir():
        raise OutputError(
            f"{target.path} is a file; the labels of a video are a folder. Give another one with -o."
        )
    return next((target.path / name for name in OURS if (target.path / name).exists()), None)


def require_writable(found: Targets) -> None:
    """Make the folder that will hold the output if need be; raise OutputError where it cannot be written."""
    home = found.manifest.parent
    alone = len(found.each) == 1 and found.each[0].path == home  # a video's folder appears when it is whole
    folder = home.parent if alone and not home.exists() else home
    probe = folder / ".segmem.probe"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as why:
        raise OutputError(
            f"{folder} cannot be written ({why.strerror}). Give a folder with -o where you may write."
        ) from None
