"""A DICOM file with the fields that name people blank. It is no full de-identification: pixels are untouched."""

import warnings
from pathlib import Path
from typing import Any

from segmem.core.errors import FormatError
from segmem.io.dicom.files import pydicom

FIELDS = (
    *(
        "PatientName",
        "PatientID",
        "PatientBirthDate",
        "PatientBirthTime",
        "PatientAddress",
        "OtherPatientIDs",
    ),
    *("OtherPatientNames", "PatientBirthName", "PatientMotherBirthName", "PatientTelephoneNumbers"),
    *("MedicalRecordLocator", "IssuerOfPatientID", "PatientInsurancePlanCodeSequence", "PatientComments"),
    *("AccessionNumber", "AdditionalPatientHistory", "RegionOfResidence", "MilitaryRank", "Occupation"),
    *("InstitutionName", "InstitutionAddress", "StationName", "OtherPatientIDsSequence"),
)
NAME = "PN"  # the representation of people's names, wherever they are


def mend(source: Path, target: Path) -> list[str]:
    """Write the copy; what was changed, in words.

    Raises:
        FormatError: pydicom cannot read or write it.
        MissingExtraError: pydicom is not installed.
    """
    dicom = pydicom()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = dicom.dcmread(source, force=True)
            count = blank(dataset)
            dataset.remove_private_tags()
            dataset.save_as(target)
    except Exception as why:  # pydicom has no root of its errors
        raise FormatError(f"{source.name} cannot be rewritten ({' '.join(str(why).split())}).") from None
    return [f"{count} fields that name people are blank, private fields are gone; pixels are untouched"]


def blank(dataset: Any) -> int:
    """Empty what names people, in sequences too; how many had something in them."""
    count = 0
    for element in dataset.iterall():
        if named(element):
            element.value = [] if element.VR == "SQ" else ""
            count += 1
    return count


def named(element: Any) -> bool:
    """Whether an element names people and is not empty."""
    if element.VR != NAME and element.keyword not in FIELDS:
        return False
    return element.value is not None and bool(
        len(element.value) if element.VR == "SQ" else str(element.value)
    )
