"""What memory is worth where the present is not enough: hard subsets, wrong memories, and the way back.

    python benchmarks/hard_video.py --model base=runs/base --model tmam=runs/tmam --case data/dataset3 \
        --map 3:1 4:2 --memory own none other wrong --out hard.csv

A line for each model, memory, video and subset (hard_subsets.py): Dice of the hard frames, and temporal consistency of
the pairs that one of them is in, along the motion of the clear video, with the truth's own. Memories:

    own     of its own stream
    none    the 2D network alone
    other   at every frame, of another video's stream (needs two cases)
    wrong   of its own pictures with another video's label maps

`recovery` is not a subset: the first frame is remembered with a wrong mask, and the line says how many frames it takes
until Dice is within .02 of the undisturbed stream's, and stays there for five frames.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cross_video import Cell, Video, append, foreign, own, read
from hard_subsets import SUBSETS, HardClip, hard_clip
from merging import add_map, merged
from pipeline import Loaded, open_model
from segmem.metrics.dis import Dis
from segmem.metrics.flow import BackwardFlow, backward_flows
from segmem.metrics.overlap import dice_by_frame
from segmem.metrics.summary import mean_of_classes
from segmem.metrics.temporal import temporal_consistency
from segmem.ops.fit import fit_labels, plan
from segmem.predict.stream import Viewer
from segmem.state import State

BACK, STAYS, FRAMES = 0.02, 5, 60  # of the way back
MODES = ("own", "none", "other", "wrong")


def told(
    viewer: Viewer, frame: Tensor, state: State, labels: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], State]:
    """A frame's label map, and the state in which it is remembered with `labels` (H, W) in place of what was found."""
    viewer.fit = viewer.fit or plan((frame.shape[-2], frame.shape[-1]), viewer.model.spec.fit)
    maps = fit_labels(torch.from_numpy(labels)[None], viewer.fit)
    ids = torch.arange(1, len(viewer.model.spec.classes))
    known = (maps[:, None] == ids[:, None, None]).float().to(viewer.compute.device)
    with torch.inference_mode(), viewer.compute.autocast():
        ready = viewer.model.prepare(frame[None].to(viewer.compute.device), viewer.fit, viewer.window)
        prediction, state = viewer.model.step(ready, state, known=known)  # type: ignore[call-arg]
    return viewer.unfit(prediction).labels[0].cpu().numpy(), state


def wrongly(viewer: Viewer, frames: Tensor, others: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Label maps (T, H, W) of a stream that remembers its pictures with other label maps."""
    state, out = State.start(), []
    for frame, labels in zip(frames, cycle(others), strict=False):
        found, state = told(viewer, frame, state, labels)
        out.append(found)
    return np.stack(out)


def found_in(model: Loaded, clip: HardClip, mode: str, other: Video | None) -> NDArray[np.uint8]:
    """Label maps of a hard clip with one kind of memory."""
    if mode == "other" and other is not None:
        return foreign(model.viewer(), model.viewer(), clip.frames, cycle(other.frames))
    if mode == "wrong" and other is not None:
        return wrongly(model.viewer(), clip.frames, other.truth)
    return own(model.viewer(), clip.frames)


def consistency(
    labels: NDArray[np.uint8], flows: Sequence[BackwardFlow], hard: NDArray[np.bool_], classes: int
) -> float:
    """Temporal consistency of the pairs with a hard frame."""
    near = hard[1:] | hard[:-1]
    kept = (
        BackwardFlow(flow.step.astype(np.float32), flow.valid & bool(use))
        for flow, use in zip(flows, near, strict=True)
    )
    return temporal_consistency(labels, kept, classes, "DIS medium").mean


def halved(flows: Iterator[BackwardFlow]) -> list[BackwardFlow]:
    return [BackwardFlow(flow.step.astype(np.float16), flow.valid) for flow in flows]  # type: ignore[arg-type]


def recovery(model: Loaded, video: Video) -> dict[str, Cell]:
    """Frames until a stream that began with a wrong memory is back."""
    frames, truth = video.frames[:FRAMES], video.truth[:FRAMES]
    calm = own(model.viewer(), frames)
    viewer, state, out = model.viewer(), State.start(), []
    first, state = told(viewer, frames[0], state, np.ascontiguousarray(truth[0][::-1, ::-1]))
    out.append(first)
    for frame in frames[1:]:
        prediction, state = viewer.look(frame, state)
        out.append(viewer.unfit(prediction).labels[0].cpu().numpy())
    scores = [
        np.array(
            [
                mean_of_classes(dice_by_frame(m[None], t[None], len(model.classes))).mean
                for m, t in zip(maps, truth, strict=True)
            ]
        )
        for maps in (calm, np.stack(out))
    ]
    behind = np.nan_to_num(scores[0] - scores[1]) > BACK
    late = [t for t in range(1, FRAMES - STAYS) if not behind[t : t + STAYS].any()]
    return {
        "recovery_frames": late[0] - 1 if late else FRAMES,
        "recovery_worst": float(np.nanmax(scores[0] - scores[1])),
    }


def main(arguments: Sequence[str]) -> None:
    options = parse(arguments)
    merge = merged(options.map)
    videos = [read(folder, merge, options.frames) for folder in options.case]
    for place, video in enumerate(videos[: options.tested or None]):
        other = videos[(place + 1) % len(videos)] if len(videos) > 1 else None
        for subset in options.subset:
            clip = hard_clip(subset, video.frames, video.truth)
            flows = halved(backward_flows(clip.clear, Dis()))
            for name, path in (pair.split("=", 1) for pair in options.model):
                for mode in options.memory:
                    model = open_model(path, recall=mode != "none", precision=options.precision)
                    classes = len(model.classes)
                    maps = found_in(model, clip, mode, other)
                    scores = dice_by_frame(maps[clip.scored], clip.truth[clip.scored], classes)
                    row: dict[str, Cell] = {
                        "model": name,
                        "memory": mode,
                        "video": video.name,
                        "subset": subset,
                    }
                    row |= {"frames": int(clip.scored.sum()), "dice": mean_of_classes(scores).mean}
                    row["tc"] = consistency(maps, flows, clip.scored, classes)
                    row["tc_truth"] = consistency(clip.truth, flows, clip.scored, classes)
                    append(options.out, row)
        for name, path in (pair.split("=", 1) for pair in options.model if options.recovery):
            model = open_model(path, recall=True, precision=options.precision)
            append(
                options.out.with_stem(f"{options.out.stem}_recovery"),
                {"model": name, "video": video.name} | recovery(model, video),
            )


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", action="append", required=True, metavar="NAME=WEIGHTS")
    parser.add_argument("--case", action="append", required=True, type=Path, metavar="FOLDER")
    parser.add_argument(
        "--tested", type=int, default=0, help="only the first so many cases; the others lend memories"
    )
    add_map(parser)
    parser.add_argument("--memory", nargs="+", choices=MODES, default=["own"])
    parser.add_argument("--subset", nargs="+", choices=SUBSETS, default=list(SUBSETS))
    parser.add_argument(
        "--recovery", action="store_true", help="measure the way back from a wrong first memory too"
    )
    parser.add_argument("--frames", type=int, default=0, help="of each video; 0 is all")
    parser.add_argument("--precision", choices=("auto", "float32", "bfloat16"), default="auto")
    parser.add_argument("--out", type=Path, default=Path("hard.csv"))
    options = parser.parse_args(arguments)
    if any("=" not in pair for pair in options.model):
        parser.error("--model takes NAME=WEIGHTS, as in base=runs/base")
    if {"other", "wrong"} & set(options.memory) and len(options.case) < 2:
        parser.error("--memory other and wrong need two cases")
    return options


if __name__ == "__main__":
    main(sys.argv[1:])
