"""Whether a text may name a person. The text itself is never told."""

import re

_KEYS = re.compile(r"patient|birth|\bdob\b|\bmrn\b|person|0010[^0-9]?00[1-4]0", re.IGNORECASE)
_WORDS = re.compile(r"patient|birth|\bdob\b|\bmrn\b|\bname\b|surname", re.IGNORECASE)
_CARET = re.compile(r"[^\W\d_]{2,}\^")  # as DICOM writes names
_TWO_NAMES = re.compile(r"^[A-Z][a-z'-]+[,;]?[ _]+[A-Z][a-z'-]+$")
_DATE = re.compile(r"(?<!\d)(19|20)\d\d[-/.]?(0[1-9]|1[0-2])[-/.]?(0[1-9]|[12]\d|3[01])(?!\d)")
_PROGRAMS = re.compile(
    r"^(none$|[\d.]+$|FSL|spm|AFNI|Freesurfer|ITK|SimpleITK|NIfTI|ANTS|nibabel|TE=|TR=|mricro|dcm2nii|Elastix|\?)",
    re.IGNORECASE,
)


def may_name(text: str) -> bool:
    """Whether a free text looks like a name, a birth date, or a label before one."""
    text = text.strip()
    return bool(text) and any(p.search(text) for p in (_WORDS, _CARET, _TWO_NAMES, _DATE))


def key_names(key: str) -> bool:
    """Whether a header's key is one under which patients are named."""
    return bool(_KEYS.search(key))


def of_program(text: str) -> bool:
    """Whether a text is what a known program writes of itself."""
    return bool(_PROGRAMS.match(text.strip()))
