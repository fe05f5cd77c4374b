"""What was run, on what, with which weights: the record beside every output. Holds no patient's name."""

import platform
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from pydantic import Field, ValidationError

from segmem.core import Kind, Settings
from segmem.io.outputs import write_json_atomic

NAME = "manifest.json"


class CaseRecord(Settings):
    """One input that was segmented."""

    input: str
    """The file's or folder's own name, never where it lies."""
    kind: Kind
    frames: int
    resumed_at: int = 0
    """How many of them an interrupted run had done before."""
    size: tuple[int, int]
    """Rows, columns."""
    fps: float | None = None
    damage: str | None = None
    """What could not be read of it."""
    output: str
    """Where its labels are, from the manifest's folder."""
    seconds: float


class Failure(Settings):
    """One input that could not be segmented."""

    input: str
    error: str


class Timings(Settings):
    """Where the time went. Parts that run beside each other are counted each."""

    total_s: float
    frames_per_s: float
    seconds: dict[str, float]
    share: dict[str, float]
    """Of the sum over parts: decode, encode, memory, head, write."""


class Manifest(Settings):
    """The record of one run."""

    finished: bool
    versions: dict[str, str]
    command: tuple[str, ...]
    model: str
    weights_sha256: str
    prompts_sha256: str = ""
    """Of what was asked, masks by their content, and of what was removed; empty where nothing was."""
    classes: tuple[str, ...]
    device: str
    precision: str
    threads: int
    cases: tuple[CaseRecord, ...] = ()
    failures: tuple[Failure, ...] = ()
    timings: Timings
    warnings: tuple[str, ...] = Field(default=())

    def write(self, path: Path) -> None:
        """As JSON, in one move."""
        write_json_atomic(path, self.model_dump(mode="json"))


def read(path: Path) -> Manifest | None:
    """The manifest at `path`; None where there is none or it is not one of ours."""
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def versions() -> dict[str, str]:
    """Of what decides the result."""
    names = ("segmem", "torch", "numpy", "av", "nibabel", "segmentation-models-pytorch")
    return {"python": platform.python_version(), "system": sys.platform} | {
        name: version(name) for name in names
    }


def command_line(
    arguments: Sequence[str], hide: str | None = None, shown: str | None = None
) -> tuple[str, ...]:
    """The arguments as typed; the user's home is written `~`, and of the path `hide` only the last part stays.

    Args:
        shown: stands in place of `hide`, where the last part may be a patient's name.
    """
    stays = Path(hide or "").name if shown is None else shown
    if hide and stays not in {"", hide}:
        arguments = [a[: -len(hide)] + stays if _names(a, hide) else a for a in arguments]
    home = str(Path.home())
    return tuple(a if home == "/" else a.replace(home, "~") for a in arguments)


def _names(argument: str, path: str) -> bool:
    """Whether an argument is a path, or an option with it."""
    return argument == path or (argument.startswith("-") and argument.endswith(path))
