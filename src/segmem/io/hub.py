"""A Hugging Face folder: fetched by id, its config, and its tensors out of one file or several."""

import json
import re
from pathlib import Path

from torch import Tensor

from segmem.core.errors import FormatError, MissingExtraError, UnknownModelError
from segmem.io.checkpoint import read_checkpoint

CONFIG = "config.json"
INDEX = ".index.json"  # how the list of a model's several files ends
WEIGHTS = ("model.safetensors", f"model.safetensors{INDEX}", "pytorch_model.bin")  # the first there is taken
WANTED = (CONFIG, "*.safetensors", f"*.safetensors{INDEX}")


def weights_in(folder: Path) -> Path | None:
    """The weights' file of a folder, or the list of them; None where there is none."""
    return next((folder / name for name in WEIGHTS if (folder / name).is_file()), None)


def looks_like_id(name: str) -> bool:
    """Whether `name` may be an id `organisation/model`, and is no place on this machine."""
    there = Path(name)
    return (
        bool(re.fullmatch(r"[\w-][\w.-]*/[\w.-]+", name)) and not there.exists() and not there.parent.is_dir()
    )


def id_of(folder: Path) -> str:
    """What a folder is known by: `organisation/model` where huggingface_hub keeps it, else its own name."""
    if folder.parent.name == "snapshots" and (kept := re.fullmatch(r"models--(.+)", folder.parents[1].name)):
        return kept[1].replace("--", "/")
    return folder.resolve().name


def download(name: str) -> Path:
    """The folder of the model with this id, fetched once and then kept by huggingface_hub.

    Raises:
        MissingExtraError: huggingface_hub is not installed.
        UnknownModelError: there is no such model, it cannot be reached, or it has no safetensors.
    """
    try:
        from huggingface_hub import snapshot_download
    except ImportError:
        raise MissingExtraError(
            f"{name} looks like a Hugging Face id; to fetch it: pip install 'segmem[hub]'."
        ) from None
    try:
        folder = Path(snapshot_download(name, allow_patterns=list(WANTED)))
    except (OSError, ValueError) as error:  # its own errors are OSErrors or ValueErrors
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise UnknownModelError(
            f"No model {name!r}: no file or folder here, and not to be had from Hugging Face ({reason})."
        ) from error
    if weights_in(folder) is None:
        raise UnknownModelError(
            f"{name}: has no {WEIGHTS[0]} on Hugging Face. Download its weights' file and give that."
        )
    return folder


def read_config(folder: Path) -> dict[str, object]:
    """What `config.json` says; empty where there is none.

    Raises:
        FormatError: it is no JSON object.
    """
    return _object(folder / CONFIG) if (folder / CONFIG).is_file() else {}


def files_of(path: Path) -> tuple[Path, ...]:
    """The files that hold the tensors: those an index lists, else `path` itself.

    Raises:
        FormatError: the index cannot be read, or names a file outside its folder or one that is missing.
    """
    if not path.name.endswith(INDEX):
        return (path,)
    listed = _object(path).get("weight_map")
    if not isinstance(listed, dict) or not listed:
        raise FormatError(f"{path}: lists no tensors under 'weight_map'.")
    names = sorted({str(name) for name in listed.values()})
    for name in names:
        if Path(name).name != name or not name.endswith(".safetensors"):
            raise FormatError(f"{path}: names {name!r}, which is no safetensors file of its folder.")
        if not (path.parent / name).is_file():
            raise FormatError(f"{path}: lists {name}, which is missing. Download the folder again.")
    return tuple(path.parent / name for name in names)


def read_weights(path: Path) -> dict[str, Tensor]:
    """Every tensor by name, of a weights' file or of all files that an index lists.

    Raises:
        FormatError: as `files_of` and `io.checkpoint.read_checkpoint`, or two files hold the same tensor.
    """
    out: dict[str, Tensor] = {}
    for file in files_of(path):
        part = read_checkpoint(file)
        if twice := out.keys() & part.keys():
            raise FormatError(f"{path}: {sorted(twice)[0]} is in two files.")
        out |= part
    return out


def _object(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise FormatError(f"{path}: cannot be read as JSON ({error}).") from error
    if not isinstance(found, dict):
        raise FormatError(f"{path}: is not a JSON object.")
    return found
