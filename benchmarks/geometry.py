"""How many random grids come back elsewhere: written by another program, read, labelled and written by ours.

    python benchmarks/geometry.py --count 500 --out docs/results/geometry.csv

Oblique, flipped, permuted, anisotropic and sheared grids as NIfTI, NRRD, MHA and DICOM (which goes out as NIfTI, NRRD,
MHA and DICOM-SEG). nibabel, pynrrd, SimpleITK and pydicom write and judge; what is compared is in tests/grids.py. NIfTI
must be the same to the bit, NRRD and MHA number for number, DICOM within 1e-6 mm.
"""

import argparse
import csv
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="A CSV with a line for each format.")
    asked = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from grids import FORMATS, mismatches, random

    rng = np.random.default_rng(asked.seed)
    tried: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for number in range(asked.count):
        form = FORMATS[number % len(FORMATS)]
        grid = random(rng)
        with tempfile.TemporaryDirectory() as folder:
            found = mismatches(grid, form, Path(folder))
        tried[form] += 1
        wrong[form] += bool(found)
        for one in found:
            print(f"{number} {form}: {one} (shape {grid.shape}, affine {grid.affine.tolist()})")
    rows = [{"format": form, "geometries": tried[form], "mismatches": wrong[form]} for form in FORMATS]
    rows.append({"format": "all", "geometries": tried.total(), "mismatches": wrong.total()})
    for row in rows:
        print(*row.values())
    if asked.out:
        with asked.out.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return int(wrong.total() > 0)


if __name__ == "__main__":
    sys.exit(main())
