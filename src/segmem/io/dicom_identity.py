"""Who a DICOM file is about, kept out of words, names and outputs."""

import re
from hashlib import sha256
from typing import Any

_NAMING = ("PatientName", "PatientID", "PatientBirthDate", "AccessionNumber", "OtherPatientIDs")
_LETTERS = 40
_SHORT = 8


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
