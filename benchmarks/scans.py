"""Dice of a model on labelled scans it was not trained on, with memory and without.

    python benchmarks/scans.py --model tmam-hippocampus --preset tmam-hippocampus --data ../shared/data \
        --out docs/results/hippocampus.csv

The cases are those that the preset holds out, or the validation part of its own split. Each is segmented as
`segmem predict` does and scored on the scan's own grid; without memory a model of two stages answers with the first.
The CSV gets a line for each memory mode and case, then the means.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
import torch

from segmem.data.cases import LabelledCase
from segmem.io.volume import read_label_volume, read_volume
from segmem.metrics.overlap import dice
from segmem.predict.segment import scan_predictions
from segmem.predict.stream import Viewer, ready
from segmem.train.held_out import parted_sources
from segmem.train.listing import chosen_split, listed
from segmem.train.presets import load_settings


def held_out(preset: str, data: Path) -> list[LabelledCase]:
    """What a preset with one source holds out; else its validation cases."""
    settings = load_settings(preset)
    whole = [listed(source, data / source.path) for source in settings.data.sources]
    parted = parted_sources(settings, whole)
    kept = [part.kept for part in parted]
    chosen = [case for part in parted for case in part.held] or chosen_split(
        settings, data, whole, kept
    ).validation
    return sorted(chosen, key=lambda case: case.name)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", required=True)
    parser.add_argument("--preset", required=True)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    options = parser.parse_args()
    rows = []
    for mode in ("own", "none"):
        loaded = ready(options.model)
        names = loaded[0].spec.classes
        for case in held_out(options.preset, options.data):
            image, label = case.files
            scan = read_volume(image)
            truth = read_label_volume(label, scan.geometry).numpy()
            viewer = Viewer(*loaded, memory=mode == "own")
            found = [prediction.labels[0] for prediction in scan_predictions(viewer, scan.frames)]
            scores = dice(torch.stack(found).numpy(), truth, len(names))[1:]
            rows.append([mode, case.name, *scores, np.nanmean(scores)])
        means = np.nanmean(np.array([row[2:] for row in rows if row[0] == mode]), axis=0)
        rows.append([mode, "mean", *means])
        print(mode, " ".join(f"{n}={m:.4f}" for n, m in zip([*names[1:], "mean"], means, strict=True)))
    with options.out.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["memory", "case", *(f"dice_{name}" for name in names[1:]), "dice_mean"])
        writer.writerows([*row[:2], *(f"{v:.4f}" for v in row[2:])] for row in rows)


if __name__ == "__main__":
    main()
