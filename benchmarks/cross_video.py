"""How well models segment videos they were not trained on: Dice, temporal consistency, and Dice on spoilt frames.

    python benchmarks/cross_video.py --model base=runs/base --model tmam=runs/tmam --case data/dataset3 \
        --map 3:1 4:2 --memory own none --out results.csv

A case is a folder with `video.*` and `masks/`. Each model is streamed over each whole video in order, once as it is
and once with four of every twenty frames spoilt (spoil.py). The CSV gets a line for each model, memory mode, video:

    dice_*    mean over frames of each class, and over classes; a class absent from truth and prediction is left out
    pooled_*  the same from the pixels of all frames at once
    tc        warped-mask IoU along DIS flow, with the truth's own beside it; closer to the truth's is better
    hard_*    Dice on the spoilt frames only
    flicker   share of instrument pixels that change class along the flow

Memory modes: own; none (the 2D network alone); other (at every frame the memory of another case's stream is read in
place of its own: what such a memory gains is not memory; needs two cases).
"""

import argparse
import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, repeat
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from merging import add_map, merged
from pipeline import Loaded, open_model
from segmem.core.errors import UsageError
from segmem.data.video_masks import cases
from segmem.io.tensors import digest
from segmem.methods.load import find_weights
from segmem.metrics.dis import Dis
from segmem.metrics.flow import BackwardFlow, backward_flows
from segmem.metrics.overlap import confusion, dice_by_frame, dice_of
from segmem.metrics.summary import by_class, mean_of_classes, mean_present
from segmem.metrics.temporal import flicker, temporal_consistency
from segmem.predict.stream import Viewer
from segmem.state import State
from spoil import EVERY, is_hard, spoil

Cell = str | int | float


@dataclass(frozen=True, slots=True)
class Video:
    """A case, read once.

    Attributes:
        frames: (T, 3, H, W) uint8.
        truth: (T, H, W) uint8, merged as asked.
        flows: half-precision steps with their validity, to save memory.
    """

    name: str
    frames: Tensor
    truth: NDArray[np.uint8]
    flows: list[tuple[NDArray[np.float16], NDArray[np.bool_]]]

    def along(self) -> Iterator[BackwardFlow]:
        return (BackwardFlow(step.astype(np.float32), valid) for step, valid in self.flows)

    def part(self, frames: slice) -> "Video":
        """Some of its frames."""
        return Video(
            self.name, self.frames[frames], self.truth[frames], self.flows[frames.start : frames.stop - 1]
        )


def read(folder: Path, merge: dict[int, int], limit: int) -> Video:
    """A case with its flows.

    Raises:
        UsageError: the folder is not one video with a mask on every frame.
    """
    found = cases(folder, None)
    pairs = list(islice(found[0].read(), limit or None)) if len(found) == 1 else []
    truth = [label for _, label in pairs if label is not None]
    if not truth or len(truth) < len(pairs):
        raise UsageError(
            f"{folder}: {len(truth)} of {len(pairs)} frames have a mask; every frame of one video must."
        )
    table = np.array([merge.get(value, value) for value in range(256)], np.uint8)
    frames = torch.stack([frame for frame, _ in pairs])
    print(f"{folder.name}: {len(frames)} frames, computing flow", file=sys.stderr, flush=True)
    flows = [(flow.step.astype(np.float16), flow.valid) for flow in backward_flows(frames, Dis())]
    return Video(folder.name, frames, table[torch.stack(truth).numpy()], flows)


def own(viewer: Viewer, frames: Iterable[Tensor]) -> NDArray[np.uint8]:
    """Label maps (T, H, W) of a stream."""
    return np.stack([p.labels[0].cpu().numpy() for p, _ in viewer.walk(frames, State.start(), {})])


def foreign(
    viewer: Viewer, second: Viewer, frames: Iterable[Tensor], others: Iterable[Tensor]
) -> NDArray[np.uint8]:
    """The same, each frame reading what `second` remembers of the other frames seen so far."""
    state, out = State.start(), []
    for frame, other in zip(frames, others, strict=False):
        prediction, _ = viewer.look(frame, state.fork())
        out.append(viewer.unfit(prediction).labels[0].cpu().numpy())
        _, state = second.look(other, state)
    return np.stack(out)


def segment(model: Loaded, video: Video, other: Video | None, spoilt: bool) -> NDArray[np.uint8]:
    """Label maps of a video; `other` lends its memory."""
    frames = (spoil(frame, t) if spoilt else frame for t, frame in enumerate(video.frames))
    if other is None:
        return own(model.viewer(), frames)
    endless = chain.from_iterable(repeat(other.frames))
    return foreign(model.viewer(), model.viewer(), frames, endless)


def overlap(
    kind: str, prediction: NDArray[np.uint8], truth: NDArray[np.uint8], names: Sequence[str]
) -> dict[str, Cell]:
    """Mean Dice over frames, by class and over classes."""
    scores = dice_by_frame(prediction, truth, len(names))
    out: dict[str, Cell] = {
        f"{kind}_{name}": s.mean for name, s in zip(names[1:], by_class(scores)[1:], strict=True)
    }
    return out | {f"{kind}_mean": mean_of_classes(scores).mean}


def pooled(prediction: NDArray[np.uint8], truth: NDArray[np.uint8], names: Sequence[str]) -> dict[str, Cell]:
    """Dice of all pixels of the video at once."""
    counts = np.stack([confusion(p, t, len(names)) for p, t in zip(prediction, truth, strict=True)])
    each = dice_of(counts.sum(axis=0))[1:]
    out: dict[str, Cell] = {f"pooled_{name}": float(d) for name, d in zip(names[1:], each, strict=True)}
    return out | {"pooled_mean": mean_present(each).mean}


def measure(
    names: Sequence[str], video: Video, clean: NDArray[np.uint8], bad: NDArray[np.uint8]
) -> dict[str, Cell]:
    """All numbers of one video, of its label maps and those of the same video with spoilt frames."""
    count = len(names)
    truth, steady = (
        temporal_consistency(maps, video.along(), count, "DIS medium") for maps in (video.truth, clean)
    )
    hard = [t for t in range(len(bad)) if is_hard(t)]
    return (
        overlap("dice", clean, video.truth, names)
        | pooled(clean, video.truth, names)
        | {
            "tc_name": steady.name,
            "tc": steady.mean,
            "tc_truth": truth.mean,
            "tc_gap": abs(steady.mean - truth.mean),
        }
        | overlap("hard", bad[hard], video.truth[hard], names)
        | {"hard_frames": len(hard), "flicker": flicker(clean, video.along(), count)}
    )


def measure_clips(
    names: Sequence[str], video: Video, clean: NDArray[np.uint8], bad: NDArray[np.uint8]
) -> Iterator[dict[str, Cell]]:
    """The same of each clip of the video, its frames and number; a rest without a spoilt frame is left out."""
    for start in range(0, len(clean), EVERY):
        frames = slice(start, min(start + EVERY, len(clean)))
        if any(map(is_hard, range(frames.start, frames.stop))):
            counted: dict[str, Cell] = {"frames": frames.stop - frames.start, "clip": start // EVERY}
            yield counted | measure(names, video.part(frames), clean[frames], bad[frames])


def append(path: Path, row: dict[str, Cell]) -> None:
    """Add a line; the file's columns must be the same.

    Raises:
        UsageError: it has other columns.
    """
    told = {key: f"{value:.4f}" if isinstance(value, float) else value for key, value in row.items()}
    fresh = not path.exists()
    if not fresh:
        with path.open(newline="") as file:
            if next(csv.reader(file), []) != list(told):
                raise UsageError(f"{path} has other columns. Name another file with --out.")
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, list(told), lineterminator="\n")
        if fresh:
            writer.writeheader()
        writer.writerow(told)
    print(" ".join(f"{key}={value}" for key, value in told.items()), flush=True)


def main(arguments: Sequence[str]) -> None:
    options = parse(arguments)
    merge = merged(options.map)
    videos = [read(folder, merge, options.frames) for folder in options.case]
    for name, path in (pair.split("=", 1) for pair in options.model):
        sha256 = digest(find_weights(path))[:12]
        for mode in options.memory:
            model = open_model(path, recall=mode != "none", precision=options.precision)
            for place, video in enumerate(videos):
                other = videos[(place + 1) % len(videos)] if mode == "other" else None
                row: dict[str, Cell] = {"model": name, "memory": mode, "video": video.name, "weights": sha256}
                row |= {"frames": len(video.frames), "precision": model.precision}
                clean, bad = (segment(model, video, other, spoilt) for spoilt in (False, True))
                append(options.out, row | measure(model.classes, video, clean, bad))
                if options.clips is not None:
                    for clip in measure_clips(model.classes, video, clean, bad):
                        append(options.clips, row | clip)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", action="append", required=True, metavar="NAME=WEIGHTS")
    parser.add_argument("--case", action="append", required=True, type=Path, metavar="FOLDER")
    add_map(parser)
    parser.add_argument("--memory", nargs="+", choices=("own", "none", "other"), default=["own"])
    parser.add_argument("--frames", type=int, default=0, help="of each video; 0 is all")
    parser.add_argument("--precision", choices=("auto", "float32", "bfloat16"), default="auto")
    parser.add_argument("--out", type=Path, default=Path("cross_video.csv"))
    parser.add_argument(
        "--clips", type=Path, help=f"a line for every {EVERY} frames too, for clip_intervals.py"
    )
    options = parser.parse_args(arguments)
    if any("=" not in pair for pair in options.model):
        parser.error("--model takes NAME=WEIGHTS, as in base=runs/base")
    if "other" in options.memory and len(options.case) < 2:
        parser.error("--memory other needs two cases")
    return options


if __name__ == "__main__":
    main(sys.argv[1:])
