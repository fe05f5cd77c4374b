"""The table of networks with and without memory, and its means, from the rows of their looks.

    python benchmarks/families.py docs/results/tmam_families.csv --state STATE

For each network, video and seed: base* and what memory adds in points, by subset; the mean of the five hard subsets,
Dice and temporal consistency; and how far clear frames' temporal consistency is from the truth's without memory and
with it, all measured with one state of the code. Then the means, of each network over both videos, and video by video.
"""

import argparse
import csv
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

HARD = ("motion blur", "low light", "passing object", "re-entry", "partial view")
POINT = 0.01  # of temporal consistency: the distance from the truth's above which it is to be halved
Name = tuple[str, str, int]  # network, video, seed
Measured = dict[tuple[str, str], dict[str, float]]  # by model and subset: dice, tc, tc_truth


@dataclass(frozen=True, slots=True)
class Row:
    """One network on one video, without memory and with it.

    Attributes:
        name: network, video and seed.
        found: what was measured.
    """

    name: Name
    found: Measured

    def pair(self, subset: str, metric: str) -> tuple[float, float]:
        """Without memory, with it."""
        return self.found["base*", subset][metric], self.found["segmem", subset][metric]

    def hard(self, metric: str) -> tuple[float, float]:
        """The mean of the hard subsets, without memory and with it."""
        pairs = [self.pair(subset, metric) for subset in HARD]
        return fmean(one for one, _ in pairs), fmean(other for _, other in pairs)

    def distance(self) -> tuple[float, float]:
        """Of clear frames' temporal consistency from the truth's, without memory and with it."""
        truth, _ = self.pair("clear", "tc_truth")
        alone, memory = self.pair("clear", "tc")
        return abs(alone - truth), abs(memory - truth)

    def gains(self) -> tuple[float, float, float]:
        """Points of clear Dice, hard Dice and hard temporal consistency that memory adds."""
        pairs = (self.pair("clear", "dice"), self.hard("dice"), self.hard("tc"))
        clear, hard, steady = (100 * (memory - alone) for alone, memory in pairs)
        return clear, hard, steady


def read(path: Path, state: str) -> list[Row]:
    """The rows of a file that were measured with this state."""
    found: dict[Name, Measured] = defaultdict(dict)
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["floor/lean"] == state:
                name = (row["network"], row["video"], int(row["seed"]))
                measured = {metric: float(row[metric]) for metric in ("dice", "tc", "tc_truth")}
                found[name][row["model"], row["subset"]] = measured
    return [Row(name, found[name]) for name in sorted(found)]


def line(row: Row) -> str:
    """A row of the table."""
    network, video, seed = row.name
    cells = [network, video, str(seed)]
    cells += [_beside(*row.pair(subset, "dice")) for subset in ("clear", *HARD)]
    cells += [_beside(*row.hard("dice")), _beside(*row.hard("tc"))]
    cells.append(" → ".join(_short(one) for one in row.distance()))
    return f"| {' | '.join(cells)} |"


def means(rows: Iterable[Row]) -> str:
    """What memory adds in the mean of these rows, and in how many of them the distance is halved."""
    listed = list(rows)
    gains = [fmean(column) for column in zip(*(row.gains() for row in listed), strict=True)]
    far = [row.distance() for row in listed if row.distance()[0] > POINT]
    halved = sum(memory <= alone / 2 for alone, memory in far)
    told = " | ".join(f"{gain:+.2f}" for gain in gains)
    return f"{told} | {halved} of {len(far)}"


def _beside(alone: float, memory: float) -> str:
    return f"{_short(alone)} {100 * (memory - alone):+.1f}"


def _short(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", type=Path, help="A CSV file such as docs/results/tmam_families.csv.")
    parser.add_argument("--state", required=True, help="A value of its third column.")
    options = parser.parse_args(arguments)
    rows = read(options.rows, options.state)
    print(
        f"| network | tested on | seed | clear | {' | '.join(HARD)} | hard Dice | hard TC | TC to truth's |"
    )
    print("|" + "---|" * (len(HARD) + 7))
    print("\n".join(map(line, rows)))
    print("\n| network | tested on | clear Dice | hard Dice | hard TC | TC halved |\n|" + "---|" * 6)
    for network in sorted({row.name[0] for row in rows}):
        own = [row for row in rows if row.name[0] == network]
        print(f"| {network} | both | {means(own)} |")
        for video in sorted({row.name[1] for row in own}):
            print(f"| {network} | {video} | {means(row for row in own if row.name[1] == video)} |")


if __name__ == "__main__":
    main(sys.argv[1:])
