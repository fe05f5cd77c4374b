"""Tensors by name out of other programs' checkpoint files; nothing in a file is ever executed."""

import re
import warnings
from pathlib import Path
from pickle import UnpicklingError
from zipfile import ZIP_STORED, BadZipFile, ZipFile

import torch
from torch import Tensor

from segmem.core.errors import FormatError
from segmem.io.tensors import read_tensors

SUFFIXES = (".pt", ".pth", ".ckpt", ".bin")  # of torch.save
NESTED = ("model", "state_dict", "model_state_dict", "module")  # where trainers keep the network
WRAPPERS = ("module.", "model.", "_orig_mod.")  # of DistributedDataParallel, Lightning, torch.compile
ZIPPED = b"PK\x03\x04"
LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # torch.save before 1.6
PAGE = (b"<!doctype", b"<html", b"<?xml", b"<head", b"{", b"version https://git-lfs")
AGAIN = "Download it again."


def read_checkpoint(path: Path) -> dict[str, Tensor]:
    """Every tensor of a `.safetensors` file or of a `.pt`, `.pth` or `.bin` file of `torch.save`, on the CPU.

    Of a trainer's file only the network is taken, and what data parallelism or compilation put before
    every name is dropped. Tensors may be views of the file: copy them before it goes.

    Raises:
        FormatError: missing, cut short, a web page, a TorchScript archive, something that only a pickle
            which runs code could restore, or no tensors. Nothing in the file has been executed.
    """
    if path.suffix.lower() == ".safetensors":
        return _unwrapped(read_tensors(path), path)
    _check(path)
    return _unwrapped(_tensors(_load(path), path), path)


def _check(path: Path) -> None:
    """Refuse by the first bytes, or by a zip's table, what `torch.load` would tell in many lines."""
    try:
        with path.open("rb") as file:
            head = file.read(256)
    except OSError as error:
        raise FormatError(f"{path}: cannot be read ({error.strerror or error}).") from error
    if not head:
        raise FormatError(f"{path}: the file is empty. {AGAIN}")
    if head.lstrip().lower().startswith(PAGE):
        raise FormatError(f"{path}: a text or web page, not weights: the download went wrong. {AGAIN}")
    if head.startswith(ZIPPED):
        _check_archive(path)
    elif head.startswith(b"\x80") and not head.startswith(LEGACY):
        raise FormatError(
            f"{path}: a Python pickle, not a file of torch.save. It was not opened, as a pickle can run code."
        )
    elif not head.startswith(LEGACY):
        raise FormatError(f"{path}: not a file of torch.save. {AGAIN}")


def _check_archive(path: Path) -> None:
    try:
        with ZipFile(path) as archive:
            entries = archive.infolist()
    except (BadZipFile, OSError, ValueError) as error:
        raise FormatError(f"{path}: cut short or damaged ({error}). {AGAIN}") from error
    names = {entry.filename.rpartition("/")[2] for entry in entries}
    if "constants.pkl" in names:
        raise FormatError(
            f"{path}: a TorchScript archive, which holds a program; segmem reads plain weights only. "
            "Save the network's state_dict with torch.save and give that."
        )
    if "data.pkl" not in names:
        raise FormatError(f"{path}: a zip archive, but not one of torch.save.")
    if any(entry.compress_type != ZIP_STORED for entry in entries):
        raise FormatError(
            f"{path}: a compressed archive, which torch.save never writes; it was not unpacked."
        )


def _load(path: Path) -> object:
    with path.open("rb") as file:
        zipped = file.read(len(ZIPPED)) == ZIPPED
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the pickle's protocol, or a scan of sparse tensors
            return torch.load(path, map_location="cpu", weights_only=True, mmap=zipped)
    except UnpicklingError as error:
        raise FormatError(f"{path}: {_refusal(str(error))}") from error
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, IndexError, TypeError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise FormatError(f"{path}: cut short or damaged ({reason}). {AGAIN}") from error


def _refusal(told: str) -> str:
    """One line for torch's refusal to restore anything but tensors and plain values."""
    named = re.search(r"GLOBAL (\S+)", told)
    if named is None:
        return f"cut short or damaged: its list of tensors cannot be read. {AGAIN}"
    return (
        f"to restore it, {named[1]!r} would have to run; segmem executes nothing that a file brings. "
        "Where it was made, save only the state_dict: torch.save(model.state_dict(), ...)."
    )


def _tensors(found: object, path: Path) -> dict[str, Tensor]:
    while isinstance(found, dict):
        tensors = {name: value for name, value in found.items() if isinstance(value, Tensor)}
        inner = next((found[name] for name in NESTED if isinstance(found.get(name), dict)), None)
        if inner is None:
            return {str(name): _plain(value, f"{path}: {name}") for name, value in tensors.items()}
        found = inner
    return {}


def _plain(tensor: Tensor, place: str) -> Tensor:
    plain = not tensor.is_meta and not tensor.is_quantized and tensor.layout is torch.strided
    if not plain or tensor.nbytes > tensor.untyped_storage().nbytes():  # a view could claim any size
        raise FormatError(f"{place} is not a plain tensor (sparse, quantised, or without its values).")
    return tensor.detach()


def _unwrapped(state: dict[str, Tensor], path: Path) -> dict[str, Tensor]:
    if not state:
        raise FormatError(f"{path}: holds no tensors; is it the weights' file?")
    while wrapper := next((w for w in WRAPPERS if all(name.startswith(w) for name in state)), None):
        state = {name.removeprefix(wrapper): value for name, value in state.items()}
    return {name.replace("._orig_mod.", "."): value for name, value in state.items()}
