"""What a file's name and folder say of its role."""

import re
from pathlib import Path

_LABEL_FOLDERS = re.compile(
    r"^(labels?(Tr|Ts|s)?|masks?|ground_?truth|gt|segmentations?|annotations?)$", re.IGNORECASE
)
_LABEL_FILES = re.compile(
    r"(^|[_.\- ])(seg|segmentation|label|labels|labelmap|mask|masks|gt)($|[_.\- \d])", re.IGNORECASE
)
_SPLITS = re.compile(r"^(train|training|val|valid|validation|test|testing|imagesTr|imagesTs)$", re.IGNORECASE)


def is_label(path: Path) -> bool:
    """Whether a file is a label map by its own name or its folder's."""
    stem = path.name.split(".")[0]
    return bool(_LABEL_FOLDERS.match(path.absolute().parent.name) or _LABEL_FILES.search(stem))


def split_of_name(name: str) -> str | None:
    """`train`, `validation` or `test` where a name of a folder or a list says so; None where it does not."""
    if not _SPLITS.match(name):
        return None
    lower = name.lower()
    if lower.startswith("val"):
        return "validation"
    return "test" if lower.startswith("test") or lower.endswith("ts") else "train"


def split_in(path: Path) -> str | None:
    """The split that the nearest folder above says; give the path from the dataset's root."""
    return next((split for part in reversed(path.parts[:-1]) if (split := split_of_name(part))), None)
