"""Named tensors in and out of safetensors files, with a JSON header; no pickle anywhere."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from torch import Tensor

from segmem.core.errors import FormatError, OutputError

HEADER = "segmem"  # the metadata key of our JSON


def read_header(path: Path) -> dict[str, object]:
    """The JSON that `write_tensors` put in the header; empty where the file carries none of ours.

    Raises:
        FormatError: the file is missing, empty, cut short or no safetensors file.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            text = (file.metadata() or {}).get(HEADER, "{}")
        header = json.loads(text)
    except (OSError, SafetensorError, ValueError) as error:
        raise _unread(path, error) from error
    if not isinstance(header, dict):
        raise FormatError(f"{path}: its {HEADER!r} header is not a JSON object.")
    return header


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Every tensor by name.

    Raises:
        FormatError: as `read_header`.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise _unread(path, error) from error


def _unread(path: Path, error: Exception) -> FormatError:
    if not path.exists():
        return FormatError(f"{path}: no such file.")
    return FormatError(f"{path}: not a whole safetensors file ({error}). Copy or download it again.")


def write_tensors(path: Path, tensors: Mapping[str, Tensor], header: Mapping[str, object]) -> None:
    """Write under a temporary name, flush to disk, rename: a reader never sees half a file.

    Raises:
        OutputError: the folder cannot be written.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    half = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        save_file(whole, half, metadata={HEADER: json.dumps(dict(header), sort_keys=True)})
        half.chmod(0o644)
        with half.open("rb") as file:
            os.fsync(file.fileno())
        half.replace(path)
    except (OSError, SafetensorError) as error:  # a full disk is of the second kind
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise OutputError(f"{path}: cannot be written ({reason}).") from error
    finally:
        with suppress(OSError):  # its folder may be what could not be made
            half.unlink()


def digest(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        total = sha256()
        while chunk := file.read(1 << 20):
            total.update(chunk)
    return total.hexdigest()
