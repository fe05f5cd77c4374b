"""frames.csv: one line per frame and class, written as the frames come."""

import csv
from pathlib import Path
from types import TracebackType
from typing import Self

from segmem.predict.answer import Answer

NAME = "frames.csv"
COLUMNS = ("frame", "time_s", "class", "name", "area_px", "confidence", "score")


class FrameTable:
    """A line for each class but background, or for each prompted object. An absent one has area 0 and no confidence.

    Args:
        path: of the file; an existing one is continued.
        classes: names by id; only background's where objects are prompted.
        fps: to tell the time of a frame; None leaves it out.
    """

    def __init__(self, path: Path, classes: tuple[str, ...], fps: float | None) -> None:
        self.classes = classes
        self.fps = fps
        fresh = not path.exists()
        self._file = path.open("a", newline="", encoding="utf-8")
        self._csv = csv.writer(self._file, lineterminator="\n")
        if fresh:
            self._csv.writerow(COLUMNS)

    def write(self, index: int, answer: Answer) -> None:
        """The lines of frame `index`."""
        time = "" if self.fps is None else f"{index / self.fps:.3f}"
        named = [(one, f"object {one}") for one in answer.objects] or enumerate(self.classes[1:], start=1)
        for place, (number, name) in enumerate(named, start=1):
            sure = answer.confidence[place]
            told = "" if sure is None else f"{sure:.4f}"
            self._csv.writerow((index, time, number, name, answer.area[place], told, f"{answer.score:.4f}"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def keep_frames(path: Path, frames: int) -> None:
    """Drop the lines of frame number `frames` and later, and a last line that was cut."""
    kept = []
    with path.open(newline="", encoding="utf-8") as file:
        for line in file:
            first = line.split(",", 1)[0]
            if line.endswith("\n") and (not first.isdecimal() or int(first) < frames):
                kept.append(line)
    path.write_text("".join(kept), encoding="utf-8", newline="\n")
