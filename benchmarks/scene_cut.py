"""What a scene cut costs: a stream passes from one labelled video to another of the same frame size.

    python benchmarks/scene_cut.py --model runs/twin_f1 --before DATA/dataset3 --after DATA/dataset1 --map 3:1 4:2 \
        [--seen 30] [--at 100] [--frames 24]

--seen frames of the one are followed by --frames of the other, from its frame --at on; `drawn:SEED` takes a generated
clip. Told are the Dice of each frame after the cut, and of the same frames where nothing is remembered.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from merging import add_map, merged
from quick_look import read
from segmem.metrics.overlap import dice
from segmem.metrics.summary import mean_present
from segmem.predict.stream import Viewer, ready
from segmem.state import State


def seen(viewer: Viewer, frames: Iterable[Tensor]) -> State:
    """The state after `frames`."""
    state = State.start()
    for frame in frames:
        _, state = viewer.look(frame, state)
    return state


def scores(
    viewer: Viewer, frames: Tensor, truth: NDArray[np.uint8], state: State | None
) -> NDArray[np.float64]:
    """Mean Dice of the classes of each frame, the stream going on from `state`; None begins anew with each frame."""
    found, classes = [], len(viewer.model.spec.classes)
    for frame, label in zip(frames, truth, strict=True):
        prediction, after = viewer.look(frame, State.start() if state is None else state)
        state = None if state is None else after
        labels = viewer.unfit(prediction).labels[0].numpy()
        found.append(mean_present(dice(labels, label, classes)[1:]).mean)
    return np.array(found)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", required=True, help="shipped name, run folder or weights file")
    parser.add_argument("--before", required=True, type=Path)
    parser.add_argument("--after", required=True, type=Path)
    add_map(parser)
    parser.add_argument("--seen", type=int, default=30)
    parser.add_argument("--at", type=int, default=100)
    parser.add_argument("--frames", type=int, default=24)
    options = parser.parse_args()
    merge = merged(options.map)
    torch.set_num_threads(1)
    viewer = Viewer(*ready(options.model))
    before, _ = read(options.before, merge, options.seen)
    frames, truth = read(options.after, merge, options.at + options.frames)
    frames, truth = frames[options.at :], truth[options.at :]
    cut = scores(viewer, frames, truth, seen(viewer, before))
    alone = scores(viewer, frames, truth, None)
    print("after the cut   ", *(f"{value:.2f}" for value in cut))
    print("nothing recalled", *(f"{value:.2f}" for value in alone))


if __name__ == "__main__":
    main()
