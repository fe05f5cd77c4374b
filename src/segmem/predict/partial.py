"""The hidden folder in which a video's answer grows, until it is whole or can be continued."""

from collections.abc import Mapping
from pathlib import Path

from segmem import manifest
from segmem.core.errors import FormatError, OutputError
from segmem.io.outputs import remove
from segmem.io.tensors import read_header, read_tensors, write_tensors
from segmem.predict.targets import OURS
from segmem.state import State

STATE = "state.safetensors"


class Partial:
    """Beside the folder it will become, or inside it where that folder is there already.

    Attributes:
        folder: the hidden one.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self.folder = out / ".partial" if out.is_dir() else out.with_name(f".{out.name}.partial")

    def begin(self) -> None:
        """An empty folder.

        Raises:
            OutputError: it cannot be made.
        """
        self.discard()
        try:
            self.folder.mkdir(parents=True)
        except OSError as why:
            raise OutputError(
                f"{self.folder.parent} cannot be written ({why.strerror}). Give another -o."
            ) from None

    def keep(self, state: State, mark: Mapping[str, str]) -> None:
        """Save where the stream stopped. `mark` says with what it was made; see `state`."""
        write_tensors(self.folder / STATE, state.tensors(), {"mark": dict(mark)})

    def state(self, mark: Mapping[str, str]) -> State | None:
        """Where an interrupted stream stopped; None where there is none, or it was made with another `mark`."""
        path = self.folder / STATE
        try:
            same = path.is_file() and read_header(path).get("mark") == dict(mark)
            return State.from_tensors(read_tensors(path)) if same else None
        except FormatError:
            return None

    def finish(self) -> None:
        """Give everything its final name. The manifest comes last: where it is, the folder is whole."""
        (self.folder / STATE).unlink(missing_ok=True)
        if not self.out.exists():
            self.folder.rename(self.out)
            return
        for name in (manifest.NAME, *OURS[:-1]):
            remove(self.out / name)
        for name in OURS:
            if (self.folder / name).exists():
                (self.folder / name).replace(self.out / name)
        self.discard()

    def discard(self) -> None:
        """Leave nothing behind."""
        remove(self.folder)
