"""What `segmem doctor` does: look, and mend copies where that is asked."""

import json
from collections.abc import Sequence
from pathlib import Path

from segmem.core import Settings
from segmem.doctor.diagnose import diagnose
from segmem.doctor.finding import Diagnosis
from segmem.doctor.mend import Mended, mend
from segmem.doctor.told import told
from segmem.report.bar import Bar


class Visit(Settings):
    """A diagnosis, and what was written because of it."""

    diagnosis: Diagnosis
    mended: tuple[Mended, ...] = ()

    def text(self) -> str:
        """For reading."""
        lines = [told(self.diagnosis)]
        lines += [f"fixed: {one.where}: {one.done} -> {one.copy_at}" for one in self.mended]
        return "\n".join(lines)

    def json_text(self) -> str:
        """For machines."""
        whole = {**self.diagnosis.model_dump(mode="json"), "worst": self.diagnosis.worst}
        return json.dumps({**whole, "mended": [one.model_dump(mode="json") for one in self.mended]}, indent=2)


def run(
    path: Path,
    *,
    fix: bool = False,
    out: Path | None = None,
    classes: Sequence[str] = (),
    group: str | None = None,
    bar: Bar | None = None,
) -> Visit:
    """Diagnose `path`; with `fix`, write corrected copies into `out`, or beside it with `-fixed` in the name.

    Raises:
        SettingsError: `group` is no expression with one group.
        OutputError: a copy cannot be written, or would replace what is there.
    """
    found = diagnose(path, classes, group, bar)
    return Visit(diagnosis=found, mended=tuple(mend(path, found, out)) if fix else ())
