"""Overlap and surface metrics of 200 frames at 720x576 with five classes: bar 20 seconds on two cores.

    python benchmarks/surface_metrics.py --data ../shared/data [--frames 200] [--workers 2]

Truth is that of one of EndoVis 2015's robotic videos, whose four tool parts are left apart; a fifth class is a
disc that wanders. The prediction is the truth of five frames later, so that every outline differs. MONAI's HD95, ASSD
and surface
Dice are timed on the first ten frames in the same run.
"""

import argparse
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from segmem.evaluate.overlaps import frame_rows
from segmem.evaluate.workers import each
from segmem.io.masks import read_mask

CLASSES = ("background", "shaft a", "tip a", "shaft b", "tip b", "disc")
TOLERANCES = (2.0,) * 5
LATER, OTHERS = 5, 10
Map = NDArray[np.uint8]


def truth(folder: Path, index: int) -> Map:
    """One frame's label map with the disc."""
    labels = read_mask(folder / f"{index:05d}.png").numpy().copy()
    rows, columns = np.indices(labels.shape)
    labels[(rows - 100 - index % 300) ** 2 + (columns - 150 - index) ** 2 < 40**2] = 5
    return labels.astype(np.uint8)


def measured(folder: Path, index: int) -> int:
    """How many numbers one frame has."""
    pair = truth(folder, index), truth(folder, index + LATER)
    return len(frame_rows("case", index, *pair, CLASSES, TOLERANCES))


def by_monai(folder: Path, index: int) -> None:
    """The same distances by MONAI."""
    from monai.metrics import (
        compute_average_surface_distance,
        compute_hausdorff_distance,
        compute_surface_dice,
    )

    hot = [
        torch.from_numpy(np.stack([truth(folder, at) == c for c in range(1, 6)]))[None].float()
        for at in (index, index + LATER)
    ]
    compute_hausdorff_distance(*hot, include_background=True, percentile=95)
    compute_average_surface_distance(*hot, include_background=True, symmetric=True)
    compute_surface_dice(
        *hot, class_thresholds=[2.0] * 5, include_background=True, spacing=[1.0, 1.0], use_subvoxels=True
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    folder = asked.data / "video_endovis15_robotic" / "dataset1" / "masks"
    torch.set_num_threads(1)

    begun = time.perf_counter()
    done = [answer for _, answer in each(partial(measured, folder), range(asked.frames), asked.workers)]
    took = time.perf_counter() - begun
    print(
        f"{len(done)} frames, {sum(map(int, done))} numbers: {took:.1f} s, {asked.workers} processes and their start"
    )

    spans = {}
    for name, ask in (("segmem", measured), ("MONAI", by_monai)):
        ask(folder, 0)
        begun = time.process_time()
        for index in range(OTHERS):
            ask(folder, index)
        spans[name] = (time.process_time() - begun) / OTHERS
    told = ", ".join(f"{name} {1000 * span:.0f} ms" for name, span in spans.items())
    print(f"CPU a frame: {told}; segmem also has Dice, IoU, F and areas in it")


if __name__ == "__main__":
    main()
