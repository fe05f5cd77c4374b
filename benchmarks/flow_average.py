"""What averaging over time could gain where nothing is spoilt: a bound for what memory adds to clear frames.

    python benchmarks/flow_average.py --model star=runs/star --case DATA/video_endovis15_robotic/dataset3 \
        --map 3:1 4:2 --out docs/results/tmam_flow_average.csv

The 2D network's class probabilities are averaged over the stream, by their logarithms, each pixel with what was at its
place along DIS flow: past * average + (1 - past) * now. A line for each model gives the mean Dice with each of `PAST`,
and of the pixels that are wrong in a frame the share that was wrong so many frames before too, at the place that they
came from: what is wrong in both no average mends.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from cross_video import Cell, append
from quick_look import asked, asking, at_size, encoded, labels_at_size, opened
from segmem.metrics.dis import Dis
from segmem.metrics.flow import BackwardFlow, backward_flows
from segmem.metrics.overlap import dice_by_frame
from segmem.metrics.summary import mean_of_classes
from segmem.ops.fit import Fit
from segmem.predict.compute import Compute
from segmem.segmenter import MemorySegmenter
from segmem.state import State

PAST = (0.0, 0.3, 0.5, 0.7, 0.85, 0.93)  # share of the average so far
BEFORE = (1, 6, 12)  # frames
EVERY = 5  # frames are asked whether they were wrong before
LEAST = 1e-4  # of a probability


@torch.inference_mode()
def alone(model: MemorySegmenter, frames: Tensor, how: Fit, compute: Compute) -> Tensor:
    """Log-probabilities (T, K, *how.scaled) of the 2D network."""
    found, (high, wide) = [], how.scaled
    for one in encoded(model, frames, how, compute):
        with compute.autocast():
            prediction, _ = model.step(one, State.start(), recall=False)
        chances = prediction.logits[0, :, :high, :wide].float().softmax(0)
        found.append(chances.clamp(min=LEAST).log().cpu())
    return torch.stack(found)


def brought(values: Tensor, flow: BackwardFlow) -> Tensor:
    """Values (K, H, W) of the frame before, where they are now."""
    high, wide = flow.step.shape[:2]
    step = torch.from_numpy(flow.step)
    column = (torch.arange(wide) + step[..., 0] + 0.5) * 2 / wide - 1
    row = (torch.arange(high)[:, None] + step[..., 1] + 0.5) * 2 / high - 1
    grid = torch.stack((column, row), -1)[None]
    return F.grid_sample(values[None], grid, padding_mode="border", align_corners=False)[0]


def averaged(logs: Tensor, flows: Sequence[BackwardFlow], past: float) -> NDArray[np.uint8]:
    """Label maps (T, H, W) of the average over the stream."""
    average = logs[0]
    maps = [average.argmax(0)]
    for now, flow in zip(logs[1:], flows, strict=True):
        average = past * brought(average, flow) + (1 - past) * now
        maps.append(average.argmax(0))
    return torch.stack(maps).numpy().astype(np.uint8)


def wrong_before(wrong: NDArray[np.bool_], flows: Sequence[BackwardFlow], frames: int) -> float:
    """Of the pixels that are wrong, the share that was wrong `frames` before at the place that it came from."""
    both = count = 0
    for index in range(frames, len(wrong), EVERY):
        then = torch.from_numpy(wrong[index - frames])[None].float()
        for flow in flows[index - frames : index]:
            then = brought(then, flow)
        both += int((wrong[index] & (then[0] > 0.5).numpy()).sum())
        count += int(wrong[index].sum())
    return both / max(count, 1)


def main() -> None:
    parser = asking(__doc__)
    parser.add_argument("--out", type=Path, default=Path("flow_average.csv"))
    options, compute, frames, truth = asked(parser)
    for name, model, how in opened(options.model, frames, compute):
        small, labels = at_size(frames, how), labels_at_size(truth, how)
        flows = list(backward_flows(small, Dis()))
        logs = alone(model, small, how, compute)
        row: dict[str, Cell] = {"model": name, "video": options.case.name, "frames": len(frames)}
        for past in PAST:
            scores = dice_by_frame(averaged(logs, flows, past), labels, len(model.spec.classes))
            row[f"past_{past:g}"] = mean_of_classes(scores).mean
        wrong = logs.argmax(1).numpy() != labels
        row |= {f"wrong_before_{count}": wrong_before(wrong, flows, count) for count in BEFORE}
        append(options.out, row)


if __name__ == "__main__":
    main()
