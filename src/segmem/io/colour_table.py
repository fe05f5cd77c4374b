"""3D Slicer's colour table: the name and colour of each label value, as a text file beside a label map."""

import re
from pathlib import Path

from segmem.io.formats import case_name
from segmem.io.outputs import write_text_atomic
from segmem.io.palette import PALETTE

SUFFIX = ".ctbl"
_LABELS = "labels"


def beside(manifest: Path) -> Path:
    """The table of a run: `organs.ctbl` for `organs.manifest.json`, `labels.ctbl` in a folder with `manifest.json`."""
    name = case_name(manifest).removesuffix(".manifest")
    return manifest.with_name(f"{_LABELS if name == manifest.stem == 'manifest' else name}{SUFFIX}")


def write_colour_table(path: Path, names: tuple[str, ...]) -> None:
    """A line `value name red green blue opacity` for each class, by value; background is clear.

    Slicer parts the columns at blanks, so those in names become underscores.

    Raises:
        OutputError: it cannot be written.
    """
    lines = ["# Color table of a segmem label map: value name red green blue opacity"]
    for value, (name, colour) in enumerate(zip(names, PALETTE, strict=False)):
        red, green, blue = colour
        lines.append(f"{value} {_word(name)} {red} {green} {blue} {255 if value else 0}")
    write_text_atomic(path, "\n".join(lines) + "\n")


def _word(name: str) -> str:
    return re.sub(r"\s+", "_", name.strip()) or "unnamed"
