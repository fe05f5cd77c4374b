"""Labels of a case that are one class of the model, as an argument of the command line."""

import argparse
from collections.abc import Sequence


def add_map(parser: argparse.ArgumentParser) -> None:
    """Give it --map, which `merged` reads."""
    parser.add_argument("--map", nargs="*", default=[], metavar="FROM:TO", help="merge labels, as in 3:1 4:2")


def merged(pairs: Sequence[str]) -> dict[int, int]:
    """What each FROM becomes, of `FROM:TO` pairs."""
    return {int(one): int(other) for one, other in (pair.split(":") for pair in pairs)}
