"""Labels of a DICOM scan as an RTSTRUCT: closed contours in each slice, in patient millimetres."""

import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmem.core import Labels
from segmem.core.errors import FormatError
from segmem.io.contours import outlines
from segmem.io.dicom.files import pydicom
from segmem.io.dicom.header import Frame
from segmem.io.dicom.source import Maker, Planes, planes_of, series_of, slices_of, sources
from segmem.io.palette import PALETTE

CLASS = "1.2.840.10008.5.1.4.1.1.481.3"
_STUDY = "1.2.840.10008.3.1.2.3.1"
_DIGITS = 6
_PATIENT = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID"),
    *("AccessionNumber", "ReferringPhysicianName", "StudyInstanceUID", "PatientIdentityRemoved"),
    *("DeidentificationMethod", "SpecificCharacterSet"),
)


def write_rtstruct(labels: Labels, path: Path, maker: Maker) -> None:
    """Save labels (T, H, W) of a DICOM scan: a region of interest for each class that was found.

    Contours run along the edges of pixels; a hole is joined to its outline by a channel of no width.

    Raises:
        GeometryError: the labels are not of a DICOM scan.
        FormatError: the images do not say to which frame of reference they belong.
    """
    series = series_of(labels.geometry, "An RTSTRUCT")
    dicom = pydicom()
    images = sources(series, maker.deidentify)
    frame_of_reference = images[0].get("FrameOfReferenceUID")
    if not frame_of_reference:
        raise FormatError(
            f"{labels.name}: the images state no frame of reference, which an RTSTRUCT must name. Save it as NIfTI."
        )
    slices = slices_of(labels)
    values = maker.present(slices)
    classes = {str(image.SOPInstanceUID): str(image.SOPClassUID) for image in images}
    found = _begun(dicom, images[0], maker)
    planes = planes_of(series)
    found.ReferencedFrameOfReferenceSequence = [_referenced(images, str(frame_of_reference), classes)]
    found.StructureSetROISequence = [_region(value, maker, str(frame_of_reference)) for value in values]
    found.ROIContourSequence = [
        _contours(value, slices == value, planes, series.frames, classes) for value in values
    ]
    found.RTROIObservationsSequence = [
        _item(ObservationNumber=n, ReferencedROINumber=value, RTROIInterpretedType="", ROIInterpreter="")
        for n, value in enumerate(values, start=1)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of values that were in the images already
        found.save_as(path, enforce_file_format=True)


def _begun(dicom: Any, image: Any, maker: Maker) -> Any:
    """All but the regions; the patient and the study are those of the images' headers, as they were given."""
    from pydicom.dataset import FileDataset, FileMetaDataset

    meta = FileMetaDataset()
    meta.TransferSyntaxUID = dicom.uid.ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = dicom.uid.UID(CLASS)
    meta.MediaStorageSOPInstanceUID = dicom.uid.generate_uid()
    found = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    for name in _PATIENT:
        if name in image:
            found[name] = image[name]
    found.SOPClassUID, found.SOPInstanceUID = CLASS, meta.MediaStorageSOPInstanceUID
    found.SeriesInstanceUID, found.Modality, found.SeriesNumber = dicom.uid.generate_uid(), "RTSTRUCT", 901
    found.InstanceNumber, found.OperatorsName = 1, ""
    found.SeriesDescription = f"Contours by segmem, {maker.model}"[:64]
    found.Manufacturer, found.ManufacturerModelName = "segmem", maker.model[:64]
    found.SoftwareVersions = maker.version
    found.StructureSetLabel, found.StructureSetName = "segmem", maker.model[:64]
    now = datetime.now()
    found.StructureSetDate = "" if maker.deidentify else now.strftime("%Y%m%d")
    found.StructureSetTime = "" if maker.deidentify else now.strftime("%H%M%S")
    found.ApprovalStatus = "UNAPPROVED"
    return found


def _referenced(images: list[Any], frame_of_reference: str, classes: dict[str, str]) -> Any:
    each = [
        _item(ReferencedSOPClassUID=sop_class, ReferencedSOPInstanceUID=instance)
        for instance, sop_class in classes.items()
    ]
    series = _item(SeriesInstanceUID=images[0].SeriesInstanceUID, ContourImageSequence=each)
    study = _item(
        ReferencedSOPClassUID=_STUDY,
        ReferencedSOPInstanceUID=images[0].StudyInstanceUID,
        RTReferencedSeriesSequence=[series],
    )
    return _item(FrameOfReferenceUID=frame_of_reference, RTReferencedStudySequence=[study])


def _region(value: int, maker: Maker, frame_of_reference: str) -> Any:
    return _item(
        ROINumber=value,
        ReferencedFrameOfReferenceUID=frame_of_reference,
        ROIName=maker.name(value)[:64],
        ROIGenerationAlgorithm="AUTOMATIC",
        ROIGenerationDescription=f"segmem {maker.version}, {maker.model}"[:64],
    )


def _contours(
    value: int, mask: NDArray[np.bool_], planes: Planes, frames: tuple[Frame, ...], classes: dict[str, str]
) -> Any:
    """Of one class, slice by slice."""
    items = []
    for index in np.flatnonzero(mask.any(axis=(1, 2))):
        frame = frames[index]
        image = _item(ReferencedSOPClassUID=classes[frame.instance], ReferencedSOPInstanceUID=frame.instance)
        if len(classes) < len(frames):
            image.ReferencedFrameNumber = frame.number + 1
        for loop in outlines(mask[index]):
            corners = planes.to_mm(loop, int(index))
            items.append(
                _item(
                    ContourImageSequence=[image],
                    ContourGeometricType="CLOSED_PLANAR",
                    NumberOfContourPoints=len(corners),
                    ContourData=[_decimal(number) for number in corners.ravel()],
                )
            )
    return _item(ROIDisplayColor=list(PALETTE[value]), ReferencedROINumber=value, ContourSequence=items)


def _decimal(number: float) -> str:
    """To a millionth of a millimetre, in the 16 letters that DICOM allows."""
    return f"{round(float(number), _DIGITS) + 0.0:.{_DIGITS}f}"[:16]


def _item(**elements: Any) -> Any:
    from pydicom.dataset import Dataset

    found = Dataset()
    for name, value in elements.items():
        setattr(found, name, value)
    return found
