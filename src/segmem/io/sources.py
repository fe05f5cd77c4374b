"""What the user names - a file, a glob, a folder, a camera - as a list of cases."""

import os
from collections import Counter
from glob import glob, has_magic
from pathlib import Path
from typing import Literal

from segmem.core import FrameSource
from segmem.core.errors import FormatError, InputError, UsageError
from segmem.io.address import file_name, is_url
from segmem.io.case import Case
from segmem.io.formats import Form, case_name, form, known_suffixes
from segmem.io.naming import named
from segmem.io.numbered import as_one_clip, in_order
from segmem.io.within import require_within

As = Literal["clip", "cases"]


def find_cases(
    source: str, as_: As | None = None, series: str | None = None, allow_gaps: bool = False
) -> list[Case]:
    """The cases that `source` names, sorted by name. No frame is decoded.

    A folder of pictures is one clip where all are numbered alike and of one size, else a case each;
    `as_` decides otherwise. Hidden files, other files and subfolders are passed over, except in a folder of DICOM,
    which is looked through with all below it: `series` and `allow_gaps` are about that, see `dicom_cases`.

    Raises:
        InputError: nothing is there, nothing in it is known, kinds are mixed, two cases have one name,
            or a link leads out of the folder.
        FormatError: the file's suffix is not known.
        UsageError: `as_` "clip" is asked of what cannot be one, or there are several DICOM series.
    """
    cases = _found(source, as_, series, allow_gaps)
    if series is not None and cases[0].form != "dicom":
        raise UsageError(f"--series is about DICOM, and {source} is none. Leave it out.")
    return cases


def _found(source: str, as_: As | None, series: str | None, allow_gaps: bool) -> list[Case]:
    if is_url(source):
        return [Case(file_name(source), "video", "camera", camera=source)]
    path = Path(source).expanduser()
    if source.isdecimal() and not path.exists():
        return [Case(f"camera{int(source)}", "video", "camera", camera=int(source))]
    from segmem.io.dicom.cases import dicom_cases, dicom_in  # which knows cases itself

    if (dicom := dicom_in(path)) is not None:
        return dicom_cases(source, dicom, series, allow_gaps)
    if path.is_dir():
        return _from_files(path, _inside(path), case_name=path.resolve().name, as_=as_)
    if path.is_file():
        return _from_one(path)
    if path.is_symlink():
        raise InputError(f"{source} is a link to {path.readlink()}, which does not exist.")
    if has_magic(source):
        return _from_glob(str(path), as_)
    raise InputError(
        f"{source} does not exist. Name a file, a folder, a glob in quotes, a camera's number or a stream's address."
    )


def open_case(case: Case, start: int = 0, patience: float = 30.0) -> FrameSource:
    """The frames of a case.

    Args:
        case: which.
        start: skips the first frames of a video or of numbered frames.
        patience: seconds without a picture that end a camera or a stream.

    Raises:
        InputError: the file cannot be used (each reader says how).
        SurroundingsError: the camera or an optional package is missing.
    """
    if case.form == "camera":
        return _live(case, patience)
    if case.form == "video":
        from segmem.io.video import VideoFile

        return VideoFile(case.paths[0], case.name, start)
    if case.series is not None:
        from segmem.io.dicom.find import open_series

        return open_series(case.series, case.name, start, allow_gaps=case.allow_gaps)
    if case.form == "volume":
        from segmem.io.volume import read_volume

        return read_volume(case.paths[0], case.name)
    from segmem.io.images import FrameFolder, read_image

    if case.form == "frames":
        return FrameFolder(case.paths, case.name, start)
    return read_image(case.paths[0], case.name)


def _live(case: Case, patience: float) -> FrameSource:
    from segmem.io.camera import camera, network

    if isinstance(case.camera, str):
        return network(case.camera, patience=patience)
    return camera(case.camera or 0, case.name, patience)


def _from_one(path: Path) -> list[Case]:
    kind = form(path)
    if kind is None:
        raise FormatError(
            f"{path}: the suffix {path.suffix or '(none)'!r} is not known. Known: {known_suffixes()}."
        )
    return [_case(path, kind, case_name(path))]


def _from_glob(pattern: str, as_: As | None) -> list[Case]:
    found = [Path(name) for name in sorted(glob(pattern, recursive=True))]  # noqa: PTH207 - takes absolute patterns
    files = [path for path in found if path.is_file()]
    if not files:
        raise InputError(f"{pattern} matches no file. Check the pattern; a folder is named without a star.")
    root = Path(os.path.commonpath([path.absolute().parent for path in files]))
    return _from_files(root, files, case_name=root.name, as_=as_, what=pattern)


def _from_files(root: Path, files: list[Path], case_name: str, as_: As | None, what: str = "") -> list[Case]:
    known = [(path, kind) for path in files if (kind := form(path)) is not None]
    kind = _one_kind(what or str(root), root, known, files)
    paths = [path for path, _ in known]
    require_within(root, paths)
    if as_ == "clip" and kind != "image":
        raise UsageError(
            f"{what or root} holds {kind}s; only pictures can be taken as one clip. Leave `--as` out."
        )
    if kind == "image" and as_ != "cases" and as_one_clip(paths, asked=as_ == "clip"):
        return [Case(case_name, "video", "frames", in_order(paths))]
    return [_case(path, kind, name) for path, name in named(root, paths)]


def _case(path: Path, kind: Form, name: str) -> Case:
    return Case(name, kind, kind, (path,))


def _inside(folder: Path) -> list[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as why:
        raise InputError(f"{folder} cannot be read ({why.strerror}). Check its permissions.") from None
    return [path for path in entries if not path.name.startswith(".") and not path.is_dir()]


def _one_kind(what: str, root: Path, known: list[tuple[Path, Form]], files: list[Path]) -> Form:
    counts = Counter(kind for _, kind in known)
    if len(counts) > 1:
        listed = ", ".join(f"{n} {kind}{'s' * (n > 1)}" for kind, n in sorted(counts.items()))
        raise InputError(f"{what} holds {listed}. Name one kind, for example '{root}/*{known[0][0].suffix}'.")
    if counts:
        return next(iter(counts))
    if files:
        raise InputError(f"{what} holds {len(files)} files, none of a known kind. Known: {known_suffixes()}.")
    folders = sorted(path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    hint = f" Name one of its folders: {', '.join(folders[:5])}." if folders else ""
    raise InputError(f"{what} holds no file to segment.{hint}")
