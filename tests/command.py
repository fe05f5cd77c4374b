"""The installed command, run as a user runs it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

COMMAND = Path(sys.executable).with_name("segmem")


@dataclass(frozen=True)
class Ran:
    """What came of it."""

    code: int
    out: str
    err: str

    @property
    def complaints(self) -> list[str]:
        """The lines on stderr, without the aside that says what a folder was taken for."""
        return [line for line in self.err.splitlines() if ": taken for " not in line]

    def failed_cleanly(self, code: int) -> bool:
        """With this code, one line and no traceback."""
        return self.code == code and len(self.complaints) == 1 and "Traceback" not in self.err


def begin(folder: Path, *arguments: str | Path, err: int = subprocess.PIPE) -> "subprocess.Popen[str]":
    """Start `segmem` in a folder and do not wait."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "COLUMNS": "100", "TERM": "xterm"}
    line = [str(COMMAND), *map(str, arguments)]
    return subprocess.Popen(line, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=err, text=True)  # noqa: S603


def run(folder: Path, *arguments: str | Path) -> Ran:
    """Run `segmem` in a folder."""
    started = begin(folder, *arguments)
    out, err = started.communicate()
    return Ran(started.returncode, out, err)
