"""How far a model's numbers on a video vary between its clips, and whether another's differ clip by clip.

    python benchmarks/cross_video.py ... --out table.csv --clips clips.csv
    python benchmarks/clip_intervals.py clips.csv --against star none

For each video, model and memory mode: the mean over clips of Dice (of each class, and over classes), temporal
consistency and Dice on spoilt frames, with its 95 % interval; and, with --against, the mean difference from that model
and mode on the same clips. Clips are drawn again (`segmem.metrics.interval`). They are of one video, which says
something of that video and nothing of others: within-video.
"""

import argparse
import csv
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from segmem.metrics.interval import Interval, interval

COLUMNS = ("dice_", "hard_mean", "tc")
LEFT_OUT = ("tc_name",)
Name = tuple[str, str, str]  # video, model, memory
Clips = dict[Name, dict[str, dict[str, str]]]


def read(paths: Sequence[Path]) -> Clips:
    """The rows of all clips, by video, model and memory, then by number."""
    found: Clips = defaultdict(dict)
    for path in paths:
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                found[row["video"], row["model"], row["memory"]][row["clip"]] = row
    return found


def within(values: dict[str, float]) -> Interval:
    """Over the clips of one video."""
    return interval(values, dict.fromkeys(values, "video"))


def told(found: Interval, sign: str = "") -> str:
    return f"{found.mean:{sign}.4f} [{found.low:{sign}.4f}, {found.high:{sign}.4f}]"


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clips", nargs="+", type=Path, help="CSV files of cross_video.py --clips.")
    parser.add_argument("--against", nargs=2, metavar=("MODEL", "MEMORY"))
    options = parser.parse_args(arguments)
    found = read(options.clips)
    for (video, model, memory), clips in found.items():
        rows = next(iter(clips.values()))
        print(f"{video}, {model}, memory {memory}: {len(clips)} clips, mean [95 % within-video]")
        other = found.get((video, *options.against), {}) if options.against else {}
        for column in (name for name in rows if name.startswith(COLUMNS) and name not in LEFT_OUT):
            own = {clip: float(row[column]) for clip, row in clips.items()}
            apart = {clip: value - float(other[clip][column]) for clip, value in own.items() if clip in other}
            beside = f"   {told(within(apart), '+')}" if apart and other is not clips else ""
            print(f"  {column:18} {told(within(own))}{beside}")


if __name__ == "__main__":
    main(sys.argv[1:])
