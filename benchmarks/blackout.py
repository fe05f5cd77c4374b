"""What is said while the picture is gone, and after it.

    python benchmarks/blackout.py --model segmem=runs/segmem --case DATA/video_endovis15_robotic/dataset3 \
        --map 3:1 4:2 --out docs/results/tmam_blackout.csv

Four frames of every twenty are black, as when a light fails. A line each for memory on and off: Dice on those frames
against what would be there, on the first frame after them, and on all others.
"""

from pathlib import Path

import numpy as np

from cross_video import Cell, append
from quick_look import asked, asking, at_size, encoded, labels_at_size, opened, walked
from segmem.metrics.overlap import dice_by_frame
from segmem.metrics.summary import mean_of_classes

EVERY, FIRST, LONG = 20, 8, 4


def main() -> None:
    parser = asking(__doc__)
    parser.add_argument("--out", type=Path, default=Path("blackout.csv"))
    options, compute, frames, truth = asked(parser)
    place = np.arange(len(frames)) % EVERY
    black = (place >= FIRST) & (place < FIRST + LONG)
    parts = {"black": black, "first after": place == FIRST + LONG, "others": ~black & (place != FIRST + LONG)}
    for name, model, how in opened(options.model, frames, compute):
        labels = labels_at_size(truth, how)
        spoilt = at_size(frames, how)
        spoilt[np.flatnonzero(black)] = 0
        features = encoded(model, spoilt, how, compute)
        for recall in (True, False):
            scores = dice_by_frame(
                walked(model, features, how, recall, compute), labels, len(model.spec.classes)
            )
            row: dict[str, Cell] = {
                "model": name,
                "memory": "own" if recall else "none",
                "video": options.case.name,
            }
            row |= {part: mean_of_classes(scores[among]).mean for part, among in parts.items()}
            append(options.out, row)


if __name__ == "__main__":
    main()
