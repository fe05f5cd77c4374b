"""DICOM files, folders and DICOMDIRs: their series, what is wrong with each, and whether they name people."""

import os
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from segmem.core.errors import MissingExtraError, SegmemError
from segmem.doctor import affine as affines
from segmem.doctor.finding import Code, Finding, Looked
from segmem.doctor.mend_dicom import named
from segmem.doctor.reading import EXTRA, reason, refused
from segmem.io.dicom.files import dicom_files, holds_dicom, is_dicom, read_header
from segmem.io.dicom.find import find_series, read_series
from segmem.io.dicom.order import Problem
from segmem.io.dicom.series import Series

__all__ = ["examine", "holds_dicom", "is_dicom"]

NAMES = Code(
    "dicom-names-patient",
    "warning",
    "The headers name the patient or other people.",
    "Whoever gets the files gets the names. segmem writes none of them into its outputs, messages or logs.",
    "Share the copies that --fix writes; look at the pixels yourself, as names can be burned into them.",
    fixable=True,
)
BURNED = Code(
    "dicom-burned-in",
    "warning",
    "The headers say that text is burned into the pixels.",
    "It may name the patient, and blanking headers does not remove it.",
    "Cut or cover that part of the pictures before sharing them or what is drawn over them.",
)
GAP = Code(
    "dicom-slices",
    "fault",
    "Slices are missing, doubled or unevenly spaced.",
    "The scan is not the body it shows: volumes and distances along it would be wrong.",
    "Fetch the whole series again; --allow-gaps reads it as it is.",
)
REFUSED = Code(
    "dicom-refused",
    "fault",
    "A series cannot be read.",
    "segmem does not guess what its images are.",
    "See what is said of it.",
)
NOTED = Code(
    "dicom-noted",
    "note",
    "Something about a series that a person should know.",
    "It is handled as the standard says.",
    "Nothing, or compare with the source.",
)
SEVERAL = Code(
    "dicom-several-series",
    "note",
    "There are several series.",
    "Which one is meant is not said; segmem lists them and asks for one.",
    "Name one with --series.",
)


DAMAGED = "damaged-file"


def examine(path: Path) -> tuple[str, Looked]:
    """What the DICOM files that `path` names are, in words, and what there is to say of them."""
    try:
        files = dicom_files(path)
        found = find_series(path)
    except MissingExtraError as error:
        return "DICOM", Looked({}, [EXTRA.at(path.name, str(error))])
    except SegmemError as error:
        return "DICOM", Looked({}, [refused(error, path, path.name), *_names(path, _files(path))])
    damaged = dict.fromkeys(p for series in found for p in series.problems if p.code == DAMAGED)
    findings = [REFUSED.at(path.name, _words(p, path)) for p in damaged]  # each series lists all of them
    findings += [one for series in found for one in _of_series(series, path)]
    if len(found) > 1:
        findings.append(SEVERAL.at(path.name, "; ".join(series.told for series in found[:5])))
    facts = {"files": len(files), "series": len(found)}
    if len(found) == 1:
        facts |= _facts(found[0])
    kind = f"{len(found)} DICOM series" if len(found) > 1 else f"a DICOM {_WORDS[found[0].kind]}"
    return kind, Looked(facts, [*findings, *_names(path, files)])


_WORDS = {"image": "picture", "video": "video", "volume": "scan"}


def _files(path: Path) -> list[Path]:
    try:
        return dicom_files(path)
    except SegmemError:
        return []


def _facts(series: Series) -> dict[str, Any]:
    told: dict[str, Any] = {"modality": series.modality, "shape": list(series.shape)}
    if series.spacing_mm:
        told["spacing_mm"] = [round(step, 6) for step in series.spacing_mm]
    return told


def _of_series(series: Series, root: Path) -> list[Finding]:
    import numpy as np

    found = [_problem(series.name, p, _words(p, root)) for p in series.problems if p.code != DAMAGED]
    if series.affine is not None:
        found += affines.examine(np.asarray(series.affine, dtype=np.float64), series.name)
    if all(problem.weight == "note" for problem in series.problems):
        found += _pixels(series)
    return found


def _problem(where: str, problem: Problem, words: str) -> Finding:
    if problem.code == "burned-in":
        return BURNED.at(where, words)
    kind = {"refused": REFUSED, "asks": GAP}.get(problem.weight, NOTED)
    return kind.at(where, f"{problem.code}: {words}")


def _words(problem: Problem, root: Path) -> str:
    """What it is, and in which file where the reader says so, without where the folder lies."""
    home = root if root.is_dir() else root.parent
    place = problem.where.replace(f"{home}{os.sep}", "")
    return f"{problem.words} ({place})" if place else problem.words


def _pixels(series: Series) -> list[Finding]:
    """That the pixels can be decoded."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read_series(series, series.name)
    except MissingExtraError as error:
        return [EXTRA.at(series.name, str(error))]
    except SegmemError as error:
        return [REFUSED.at(series.name, reason(error, series.files[0]))]
    return []


def _names(root: Path, files: Iterable[Path]) -> list[Finding]:
    """Which files name people; never who."""
    found = []
    home = root if root.is_dir() else root.parent  # of a DICOMDIR, that of the files it names
    for path in files:
        try:
            dataset = read_header(path)
            fields = sorted({str(e.keyword or e.tag) for e in dataset.iterall() if named(e)})
        except SegmemError:
            continue
        except Exception:  # noqa: S112 - of pydicom, on a damaged element; its reader says so
            continue
        if fields:
            where = str(path.relative_to(home)) if path.is_relative_to(home) else path.name
            found.append(NAMES.at(where, f"in {', '.join(fields[:6])}"))
    return found
