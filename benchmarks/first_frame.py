"""A promptable model that is given the first frame's true masks and follows them: the way of working that TMAM does
without.

    python benchmarks/first_frame.py --model litemedsam --case data/dataset3 --map 3:1 4:2 \\
        --classes background shaft manipulator --out first_frame.csv

Each class is one object, prompted by its true mask on the first frame that shows it. The line has cross_video.py's
columns; on the frames that were prompted the answer was given.
"""

import argparse
import sys
from collections.abc import Sequence
from itertools import starmap
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cross_video import Cell, Video, append, measure, read
from merging import add_map, merged
from pipeline import open_model
from segmem.core import Prompt
from segmem.io.tensors import digest
from segmem.methods.load import find_weights
from segmem.predict.stream import Viewer
from segmem.state import State
from spoil import spoil


def first_masks(video: Video, classes: int) -> dict[int, list[Prompt]]:
    """By frame, the true mask of each class where it is first seen."""
    prompts: dict[int, list[Prompt]] = {}
    for one in range(1, classes):
        shown = np.flatnonzero((video.truth == one).any(axis=(1, 2)))
        if len(shown):
            at = int(shown[0])
            prompts.setdefault(at, []).append(Prompt(at, one, mask=video.truth[at] == one))
    return prompts


def followed(
    viewer: Viewer, video: Video, prompts: dict[int, list[Prompt]], spoilt: bool
) -> NDArray[np.uint8]:
    """Label maps (T, H, W)."""
    frames = starmap(lambda t, frame: spoil(frame, t), enumerate(video.frames)) if spoilt else video.frames
    found = viewer.walk(frames, State.start(), prompts)
    return np.stack([prediction.labels[0].cpu().numpy() for prediction, _ in found])


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="litemedsam")
    parser.add_argument("--case", action="append", required=True, type=Path, metavar="FOLDER")
    add_map(parser)
    parser.add_argument("--classes", nargs="+", required=True, help="names of the labels from 0 on")
    parser.add_argument("--frames", type=int, default=0, help="of each video; 0 is all")
    parser.add_argument("--precision", choices=("auto", "float32", "bfloat16"), default="auto")
    parser.add_argument("--out", type=Path, default=Path("first_frame.csv"))
    options = parser.parse_args(arguments)
    merge = merged(options.map)
    model = open_model(options.model, recall=True, precision=options.precision)
    for folder in options.case:
        video = read(folder, merge, options.frames)
        prompts = first_masks(video, len(options.classes))
        clean, bad = (followed(model.viewer(), video, prompts, spoilt) for spoilt in (False, True))
        row: dict[str, Cell] = {"model": options.model, "memory": "first frame's masks", "video": video.name}
        row |= {"weights": digest(find_weights(options.model))[:12], "frames": len(video.frames)}
        row["precision"] = model.precision
        append(options.out, row | measure(options.classes, video, clean, bad))


if __name__ == "__main__":
    main(sys.argv[1:])
