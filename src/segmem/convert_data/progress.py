"""Which cases of a conversion are done, so that an interrupted one can go on."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from segmem.convert_data.label_map import LabelMap
from segmem.convert_data.request import Request
from segmem.core.errors import UsageError
from segmem.data.cases import LabelledCase

NAME = ".progress.jsonl"


class Progress:
    """The names that each case was written under, a line each, kept in the folder that grows.

    Args:
        home: that folder; `require_same` has looked at it.
        key: names what is made; see `key_of`.
    """

    def __init__(self, home: Path, key: str) -> None:
        self._path = home / NAME
        self.done: dict[str, tuple[str, ...]] = {}
        if not self._path.is_file():
            self._add({"key": key})
            return
        for line in self._path.read_text(encoding="utf-8").splitlines()[1:]:
            try:
                one = json.loads(line)
            except ValueError:  # the line that the interruption cut
                break
            self.done[one["case"]] = tuple(one["names"])

    def finished(self, case: str, names: Sequence[str]) -> None:
        """Note a case that is whole."""
        self._add({"case": case, "names": list(names)})
        self.done[case] = tuple(names)

    def remove(self) -> None:
        """When all is done."""
        self._path.unlink(missing_ok=True)

    def _add(self, line: object) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()


def require_same(home: Path, key: str) -> None:
    """Before an interrupted conversion is gone on with.

    Raises:
        UsageError: it was begun with another key.
    """
    path = home / NAME
    if path.is_file() and path.read_text(encoding="utf-8").partition("\n")[0] != json.dumps({"key": key}):
        raise UsageError(
            f"{home.name} was begun with other files or options. Leave --resume out to begin anew, or give the same."
        )


def key_of(request: Request, cases: Sequence[LabelledCase], wanted: LabelMap) -> str:
    """Names what is made: the same files into the same classes."""
    stamps = [
        [str(path), path.stat().st_size, path.stat().st_mtime_ns] for case in cases for path in case.files
    ]
    made_of = [
        *(request.to, request.channel, request.modality, sorted(wanted.table.items())),
        *(sorted(wanted.names.items()), stamps),
    ]
    return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()
