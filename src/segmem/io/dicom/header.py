"""What one DICOM file says of its frames: where each lies, and how its values are stored. No pixel is read."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segmem.core.errors import FormatError
from segmem.io.dicom.elements import first_item, frames_a_second, many, number, numbers
from segmem.io.dicom.files import DIRECTORY, read_header
from segmem.io.dicom.identity import description
from segmem.io.dicom.syntax import packed

MOST_FRAMES = 500_000
"""Of one file: more than five hours of video. A header that says more is not believed."""
Vector = tuple[float, float, float]

_TAGS = (
    *("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "Modality", "InstanceNumber"),
    *("SeriesDescription", "SeriesNumber", "BodyPartExamined", "ImageType", "BurnedInAnnotation"),
    *("PatientName", "PatientID", "PatientBirthDate", "AccessionNumber", "OtherPatientIDs"),
    *(
        "Rows",
        "Columns",
        "NumberOfFrames",
        "SamplesPerPixel",
        "PhotometricInterpretation",
        "SpecificCharacterSet",
    ),
    *("BitsAllocated", "BitsStored", "PixelRepresentation", "RescaleSlope", "RescaleIntercept"),
    *("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "ImagerPixelSpacing"),
    *(
        "SliceThickness",
        "SpacingBetweenSlices",
        "GridFrameOffsetVector",
        "DoseGridScaling",
        "FrameOfReferenceUID",
    ),
    *("CineRate", "FrameTime", "FrameTimeVector", "RecommendedDisplayFrameRate"),
    *("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"),
)


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a file.

    Attributes:
        path: the file.
        number: which picture of it, from 0.
        instance: SOPInstanceUID of the file.
        order: InstanceNumber; used only where nothing says a place.
        position_mm: centre of the first pixel, (L, P, S); None where the file does not say.
        orientation: direction along a row, then along a column, (L, P, S) each; None likewise.
        pixel_mm: from row to row, then from column to column; None likewise.
        rescale: slope and intercept; None where the file states none.
    """

    path: Path
    number: int
    instance: str
    order: int
    position_mm: Vector | None = None
    orientation: tuple[float, ...] | None = None
    pixel_mm: tuple[float, float] | None = None
    rescale: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """One file. `words` may be shown to anybody: what names the patient was taken out of it."""

    path: Path
    series: str
    sop_class: str
    modality: str
    words: str
    size: tuple[int, int]
    frames: tuple[Frame, ...]
    samples: int
    photometric: str
    syntax: str
    thickness_mm: float | None
    fps: float | None
    burned_in: bool


def read_frames(path: Path) -> Header | None:
    """The facts of one file; None where it holds no picture, as a plan, a report or a DICOMDIR.

    Raises:
        FormatError: it is no DICOM file, or damaged.
    """
    dataset = read_header(path, _TAGS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about values out of the standard that can be understood
            return _facts(path, dataset)
    except FormatError:
        raise
    except Exception as why:  # an element's value is parsed when it is asked for, and may be anything
        reason = " ".join(str(why).partition("Please see")[0].split()) or type(why).__name__
        raise FormatError(f"{path}: its DICOM header is damaged ({reason}). Export it again.") from None


def _facts(path: Path, dataset: Any) -> Header | None:
    if dataset.get("SOPClassUID") == DIRECTORY or not dataset.get("Rows") or not dataset.get("Columns"):
        return None
    count = int(dataset.get("NumberOfFrames") or 1)
    if not 1 <= count <= MOST_FRAMES:
        raise FormatError(f"{path}: its header says {count} frames; 1 to {MOST_FRAMES} were expected.")
    _require_whole(path, dataset, count)
    return Header(
        path=path,
        series=str(dataset.get("SeriesInstanceUID") or f"none-{path.name}"),
        sop_class=str(dataset.get("SOPClassUID") or ""),
        modality=str(dataset.get("Modality") or "OT"),
        words=description(dataset),
        size=(int(dataset.Rows), int(dataset.Columns)),
        frames=tuple(_frames(path, dataset, count)),
        samples=int(dataset.get("SamplesPerPixel") or 1),
        photometric=str(dataset.get("PhotometricInterpretation") or "MONOCHROME2"),
        syntax=str(getattr(dataset.file_meta, "TransferSyntaxUID", "") or ""),
        thickness_mm=number(dataset, "SpacingBetweenSlices") or number(dataset, "SliceThickness"),
        fps=frames_a_second(dataset),
        burned_in=str(dataset.get("BurnedInAnnotation") or "").upper() == "YES",
    )


def _require_whole(path: Path, dataset: Any, count: int) -> None:
    """Refuse a file that is shorter than its plain pixels; of packed ones nobody can say before they are unpacked."""
    syntax = str(getattr(dataset.file_meta, "TransferSyntaxUID", "") or "")
    if packed(syntax):
        return
    samples = int(dataset.get("SamplesPerPixel") or 1)
    if str(dataset.get("PhotometricInterpretation")) == "YBR_FULL_422":
        samples = 2  # two pixels share their colours
    size = int(dataset.Rows) * int(dataset.Columns) * samples * count
    need = size * int(dataset.get("BitsAllocated") or 0) // 8
    if need > path.stat().st_size:
        raise FormatError(
            f"{path} is cut short: its header says {need} bytes of pixels, the file has {path.stat().st_size}"
            " in all. Copy it again from where it came."
        )


def _frames(path: Path, dataset: Any, count: int) -> Iterator[Frame]:
    shared = first_item(dataset, "SharedFunctionalGroupsSequence")
    each = dataset.get("PerFrameFunctionalGroupsSequence") or []
    offsets = [float(value) for value in many(dataset.get("GridFrameOffsetVector"))]
    order = int(dataset.get("InstanceNumber") or 0)
    for index in range(count):
        places = [group for group in (each[index] if index < len(each) else None, shared) if group]
        position = numbers(_grouped(places, dataset, "PlanePositionSequence", "ImagePositionPatient"), 3)
        orientation = numbers(
            _grouped(places, dataset, "PlaneOrientationSequence", "ImageOrientationPatient"), 6
        )
        if not each and count > 1:  # a classic file of many frames has one place, that of the first
            position = _offset(position, orientation, offsets, index)
        pixel = numbers(_grouped(places, dataset, "PixelMeasuresSequence", "PixelSpacing"), 2)
        slope = _grouped(places, dataset, "PixelValueTransformationSequence", "RescaleSlope")
        inter = _grouped(places, dataset, "PixelValueTransformationSequence", "RescaleIntercept")
        if slope is None:
            slope = dataset.get("DoseGridScaling")
        yield Frame(
            path=path,
            number=index,
            instance=str(dataset.get("SOPInstanceUID") or ""),
            order=order,
            position_mm=None if position is None else (position[0], position[1], position[2]),
            orientation=orientation,
            pixel_mm=None if pixel is None else (pixel[0], pixel[1]),
            rescale=None if slope is None else (float(slope), float(inter or 0)),
        )


def _grouped(places: list[Any], dataset: Any, sequence: str, element: str) -> Any:
    """An element of a frame's own group, else of the group of all frames, else of the file."""
    for place in places:
        group = first_item(place, sequence)
        if group is not None and group.get(element) is not None:
            return group.get(element)
    return dataset.get(element)


def _offset(
    position: tuple[float, ...] | None, axes: tuple[float, ...] | None, offsets: list[float], index: int
) -> tuple[float, ...] | None:
    """Where a frame of a dose grid lies: along the normal from the first one."""
    if position is None or axes is None or index >= len(offsets):
        return None
    (a, b, c), (d, e, f) = axes[:3], axes[3:]
    normal = (b * f - c * e, c * d - a * f, a * e - b * d)
    first = offsets[0] if offsets[0] == position[2] else 0.0  # the offsets may be z themselves
    return tuple(p + n * (offsets[index] - first) for p, n in zip(position, normal, strict=True))
