"""Files that a strategy leaves after a task and finds before the next: tensors, or a list of cases."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from segmem.core.errors import FormatError, InputError
from segmem.io.outputs import write_json_atomic
from segmem.io.tensors import read_tensors, write_tensors


class Kept:
    """What is kept, task by task, in a folder of the run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, task: int, tensors: Mapping[str, Tensor]) -> None:
        """After task number `task`; in place of what was there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_tensors(self._path(task, "safetensors"), dict(tensors), {"after": task})

    def read(self, task: int) -> dict[str, Tensor]:
        """What was written after it.

        Raises:
            InputError: nothing was.
        """
        return read_tensors(self._there(self._path(task, "safetensors")))

    def write_list(self, task: int, values: Mapping[str, Any]) -> None:
        """The same of plain values."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_json_atomic(self._path(task, "json"), values)

    def read_list(self, task: int) -> dict[str, Any]:
        """The same of plain values.

        Raises:
            InputError: nothing was written.
            FormatError: the file is damaged.
        """
        path = self._there(self._path(task, "json"))
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise FormatError(f"{path}: damaged. Train the stream anew, into another folder.")
        return found

    def _path(self, task: int, suffix: str) -> Path:
        return self.folder / f"after-{task:02d}.{suffix}"

    def _there(self, path: Path) -> Path:
        if not path.is_file():
            raise InputError(
                f"{path} is missing: what the strategy kept of earlier tasks. Train anew, into another folder."
            )
        return path


def learnt(model: nn.Module) -> dict[str, Tensor]:
    """The parameters that learn, by name, cut from the graph."""
    return {name: p.detach() for name, p in model.named_parameters() if p.requires_grad}
