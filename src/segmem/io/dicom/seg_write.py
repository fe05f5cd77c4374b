"""Labels of a DICOM scan as a DICOM-SEG: a binary segment for each class, on the scan's own planes."""

import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmem.core import Labels
from segmem.core.errors import FormatError, MissingExtraError
from segmem.io.dicom.identity import METHOD, short
from segmem.io.dicom.source import Maker, series_of, slices_of, sources
from segmem.io.palette import PALETTE

SCHEME = "99SEGMEM"
"""Of our own codes: a class's name is all that is known of it, so no clinical code is claimed."""
VALUE = "label {}"
"""What a segment's description says, so that the label values come back."""
_SERIES_NUMBER = 900


def write_seg(labels: Labels, path: Path, maker: Maker) -> None:
    """Save labels (T, H, W) of a DICOM scan. Every slice of every class that was found is kept, empty ones too.

    Raises:
        GeometryError: the labels are not of a DICOM scan.
        FormatError: the images lack what a DICOM-SEG must say.
        MissingExtraError: highdicom is not installed.
    """
    series = series_of(labels.geometry, "A DICOM-SEG")
    dicom = _highdicom()
    slices = slices_of(labels)
    values = maker.present(slices)
    images = sources(series, maker.deidentify)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = dicom.seg.Segmentation(
                source_images=images,
                pixel_array=_numbered(slices, values, [frame.number for frame in series.frames], images),
                segmentation_type=dicom.seg.SegmentationTypeValues.BINARY,
                segment_descriptions=[_segment(dicom, i, v, maker) for i, v in enumerate(values, start=1)],
                series_instance_uid=dicom.UID(),
                series_number=_SERIES_NUMBER,
                sop_instance_uid=dicom.UID(),
                instance_number=1,
                manufacturer="segmem",
                manufacturer_model_name=maker.model[:64],
                software_versions=maker.version,
                device_serial_number=maker.weights[:16] or "none",
                content_label="SEGMENTATION",
                content_description=f"segmem {maker.version}, {maker.model}"[:64],
                series_description=f"Segmentation by segmem, {maker.model}"[:64],
                omit_empty_frames=False,
            )
            if maker.deidentify:
                found.PatientIdentityRemoved, found.DeidentificationMethod = "YES", METHOD
            found.save_as(path)
    except (AttributeError, KeyError, TypeError, ValueError) as why:
        reason = " ".join(str(why).split())[:200]
        raise FormatError(
            f"{labels.name}: the images do not say enough for a DICOM-SEG ({reason}). Save the labels as NIfTI."
        ) from None


def _highdicom() -> Any:
    try:
        import highdicom
    except ImportError:
        raise MissingExtraError(
            "DICOM-SEG needs highdicom. Install it: pip install 'segmem[dicom]'"
        ) from None
    logger = logging.getLogger("highdicom")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())  # it would print a patient's name that it does not like
    return highdicom


def _numbered(
    slices: NDArray[np.uint8], values: list[int], numbers: list[int], images: list[Any]
) -> NDArray[np.uint8]:
    """Segment numbers from 1 in place of label values, in the order of the source's frames."""
    table = np.zeros(256, np.uint8)
    table[values] = np.arange(1, len(values) + 1)
    if len(images) > 1 or int(images[0].get("NumberOfFrames") or 1) == 1:
        return np.asarray(table[slices])
    whole = np.zeros((int(images[0].NumberOfFrames), *slices.shape[1:]), np.uint8)
    whole[numbers] = table[slices]
    return whole


def _segment(dicom: Any, number: int, value: int, maker: Maker) -> Any:
    from pydicom.sr.codedict import codes

    name = maker.name(value)[:64]
    described = dicom.seg.SegmentDescription(
        segment_number=number,
        segment_label=name,
        segmented_property_category=dicom.sr.CodedConcept("segmented-class", SCHEME, "Class of a model"),
        segmented_property_type=dicom.sr.CodedConcept(short(name), SCHEME, name),
        algorithm_type=dicom.seg.SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=dicom.AlgorithmIdentificationSequence(
            name=f"segmem {maker.model}"[:64],
            family=codes.cid7162.ArtificialIntelligence,
            version=maker.version,
            source="segmem",
            parameters={"weights": maker.weights[:16]},
        ),
        tracking_uid=dicom.UID(),
        tracking_id=f"{name[:50]} {value}",
        display_color=dicom.color.CIELabColor.from_rgb(*PALETTE[value]),
    )
    described.SegmentDescription = VALUE.format(value)
    return described
