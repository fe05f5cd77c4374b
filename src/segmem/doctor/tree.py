"""A folder as a folder: links that lead out, names that clash, paths too long, leftovers."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from segmem.doctor.finding import Code, Finding
from segmem.io.formats import case_name, form

OUT = Code(
    "link-leaves-folder",
    "fault",
    "A link leads out of the folder.",
    "What it leads to could be any file of this machine; segmem refuses it.",
    "Copy the file into the folder, or name it by itself.",
)
DANGLING = Code(
    "link-dangling",
    "warning",
    "A link leads to nothing.",
    "The file behind it is missing.",
    "Mend or delete the link.",
)
CLASH = Code(
    "name-clash",
    "warning",
    "Two names differ only in upper and lower case, or in the suffix.",
    "On Windows and macOS one replaces the other; two cases of one name cannot be told apart.",
    "Rename one.",
)
LONG = Code(
    "path-too-long",
    "note",
    "A path within the folder has more than 200 letters.",
    "Windows takes 260 for the whole path.",
    "Shorten it, if it is to be used there.",
)
LEFTOVER = Code(
    "output-unfinished",
    "note",
    "An interrupted run has left a hidden folder or file.",
    "It may hold frames and memories of a patient.",
    "Continue the run with --resume, or delete it.",
)
MOST = 200_000
"""Entries looked at."""
_LONGEST = 200


def examine(root: Path) -> list[Finding]:
    """Findings of the names in a folder and below. Links to folders are not followed."""
    home = root.resolve()
    found, names = [], defaultdict(list)
    for path in entries(root):
        where = str(path.relative_to(root))
        names[where.casefold()].append(where)
        if path.is_symlink():
            if not path.resolve().is_relative_to(home):
                found.append(OUT.at(where, "it is a link to a place outside"))
            elif not path.exists():
                found.append(DANGLING.at(where, f"it is a link to {path.readlink()}"))
        if len(where) > _LONGEST:
            found.append(LONG.at(where, f"it has {len(where)} letters"))
        if path.name.startswith(".") and ".partial" in path.name:
            found.append(LEFTOVER.at(where, "its name ends in .partial"))
    clashes = [sorted(same) for same in names.values() if len(same) > 1] + _same_case(root)
    return [*found, *(CLASH.at(first, f"and {', '.join(rest)}") for first, *rest in clashes)]


def entries(root: Path, hidden: bool = True) -> Iterator[Path]:
    """Files, links and folders below, each folder's in order; at most `MOST`."""
    waiting, count = [root], 0
    while waiting:
        folder = waiting.pop()
        try:
            inside = sorted(folder.iterdir())
        except OSError:  # closed to us, or gone
            continue
        for path in inside:
            if path.name.startswith(".") and not hidden:
                continue
            count += 1
            if count > MOST:
                return
            yield path
            if path.is_dir() and not path.is_symlink():
                waiting.append(path)


def _same_case(root: Path) -> list[list[str]]:
    """Files of one folder and kind that would be one case: `a.png` and `a.jpg`."""
    names = defaultdict(list)
    for path in sorted(root.iterdir()):
        if path.is_file() and (kind := form(path)):
            names[kind, case_name(path)].append(path.name)
    return [same for same in names.values() if len(same) > 1]
