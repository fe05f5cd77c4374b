"""Who a DICOM file is about, kept out of words, names and outputs."""

import re
from hashlib import sha256
from typing import Any

_NAMING = ("PatientName", "PatientID", "PatientBirthDate", "AccessionNumber", "OtherPatientIDs")
_TELLING = frozenset({"DA", "TM", "DT", "PN"})  # dates, times and persons
_OWED = (
    *("PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "ReferringPhysicianName"),
    *("AccessionNumber", "StudyID"),
)
_PLACES = (
    *(
        "InstitutionName",
        "InstitutionAddress",
        "InstitutionalDepartmentName",
        "StationName",
        "DeviceSerialNumber",
    ),
    *("StudyDescription", "SeriesDescription", "ImageComments", "RequestAttributesSequence", "ProtocolName"),
    *("OtherPatientIDsSequence", "AdmissionID", "RequestedProcedureID", "PerformedProcedureStepID"),
    *("PerformedProcedureStepDescription", "RequestedProcedureDescription", "ClinicalTrialSubjectID"),
)
_PATIENT = 0x0010
METHOD = "segmem: name and ID hashed, dates dropped, UIDs kept"
_LETTERS = 40
_SHORT = 8


def description(dataset: Any) -> str:
    """Of a series: the body part and what somebody called it, without a word that the patient's elements hold."""
    said = [str(dataset.get(name) or "") for name in ("BodyPartExamined", "SeriesDescription")]
    return without_identity(" ".join(part for part in said if part), dataset)


def without_identity(text: str, dataset: Any) -> str:
    """`text` on one line, without any word that an element about the patient holds, or that is a long number."""
    known = {part.casefold() for name in _NAMING for part in _parts(dataset.get(name))}
    words = re.findall(r"[^\W_]+|[\W_]+", " ".join(text.split()))
    kept = [word for word in words if word.casefold() not in known and not _long_number(word)]
    shown = "".join(letter for letter in "".join(kept) if letter.isprintable())
    return " ".join(shown.split())[:_LETTERS].strip(" -_.,^")


def short(uid: str, letters: int = _SHORT) -> str:
    """A short hash of a UID or of anything else that should not be told itself, in hexadecimal."""
    return sha256(uid.encode()).hexdigest()[:letters]


def _parts(value: Any) -> list[str]:
    """The words of an element of two letters and more; one letter would empty every text."""
    return [part for part in re.findall(r"[^\W_]+", str(value or "")) if len(part) > 1]


def _long_number(word: str) -> bool:
    """A date or a number that names somebody."""
    return sum(letter.isdigit() for letter in word) >= 6


def deidentified(dataset: Any) -> Any:
    """A dataset without who it is about, changed in place: name and ID become a hash of the study, dates are emptied.

    UIDs stay: without them nothing would say which images it belongs to. The hash is of the study's uid, as one of
    the patient's ID could be found by trying all IDs.
    """
    from pydicom.datadict import dictionary_has_tag, dictionary_VR, keyword_for_tag

    pseudonym = f"ANON-{short(str(dataset.get('StudyInstanceUID') or ''), 12)}"
    for tag in list(dataset.keys()):
        said = dictionary_VR(tag) if dictionary_has_tag(tag) else ""
        if tag.is_private or tag.group == _PATIENT or said in _TELLING or keyword_for_tag(tag) in _PLACES:
            del dataset[tag]
    for name in _OWED:
        setattr(dataset, name, "")
    dataset.PatientName = dataset.PatientID = pseudonym
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = METHOD
    return dataset
