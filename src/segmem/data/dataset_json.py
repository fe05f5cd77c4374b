"""A dataset's `dataset.json`, as nnU-Net and the Decathlon keep it, and lists of cases in JSON."""

import json
from pathlib import Path
from typing import Any

from segmem.core.errors import FormatError

NAME = "dataset.json"
MAX_BYTES = 64 * 1024**2


def read_dataset_json(root: Path) -> dict[str, Any] | None:
    """What the file says; None where there is none.

    Raises:
        FormatError: it is no JSON object.
    """
    path = root / NAME
    if not path.is_file():
        return None
    found = read_json(path)
    if not isinstance(found, dict):
        raise FormatError(f"{path} must hold one JSON object in braces. Make it anew.")
    return found


def read_json(path: Path) -> Any:
    """Any JSON file of a sane size.

    Raises:
        FormatError: it is too large, or no JSON.
    """
    if path.stat().st_size > MAX_BYTES:
        raise FormatError(f"{path} is larger than {MAX_BYTES // 1024**2} MiB; it cannot be a list of cases.")
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as why:
        raise FormatError(f"{path} is not valid JSON ({why}). Correct it or make it anew.") from None
