"""Tables of `scans.py`, `nnunet.py` and `automatic_prompts.py`, class by class, as one page.

    python benchmarks/scan_table.py 'Hippocampus/LAPG=docs/results/lapg_hippocampus.csv' \
        'Hippocampus/nnU-Net=docs/results/nnunet_hippocampus.csv' --out docs/results/scans.md

Files under one heading stand in one table; what comes after the heading is said before the rows' own names.
An infinite HD95, of a class that was not found, is left out and counted.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from scan_scores import NUMBERS, Row, mean_over_cases, read, said

HEAD = """\
# Scans, class by class

Means over cases with 95 % intervals over patients; NSD at 1 mm on hippocampus and subcortical, at 2 mm on ACDC; HD95
in mm. Spacings of ACDC and subcortical are nominal. What the rows are and how they were measured:
[results](lapg.md#scans-without-prompts). This page: `python benchmarks/scan_table.py HEADING/NAME=FILE... --out
docs/results/scans.md`, of the tables beside it.
"""


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Markdown: a line for each model and class."""
    yield "| | class | Dice | NSD | HD95 |"
    yield "|---|---|---|---|---|"
    for model in dict.fromkeys(row.model for row in rows):
        ours = [row for row in rows if row.model == model]
        for label in dict.fromkeys(row.label for row in ours):
            chosen = [row for row in ours if row.label == label]
            cells = (said(mean_over_cases(chosen, name)) for name in NUMBERS)
            yield f"| {model} | {label} | {' | '.join(cells)} |"


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tables", nargs="+", metavar="HEADING[/NAME]=FILE")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    sections: dict[str, list[Row]] = {}
    for given in options.tables:
        place, _, path = given.partition("=")
        heading, _, name = place.partition("/")
        rows = (replace(row, model=f"{name} {row.model}".strip()) for row in read(Path(path)))
        sections.setdefault(heading, []).extend(rows)
    tables = ["\n".join((f"## {heading}", "", *table(rows), "")) for heading, rows in sections.items()]
    options.out.write_text("\n".join((HEAD, *tables)))


if __name__ == "__main__":
    main(sys.argv[1:])
