"""How much the answer to the frame before should weigh, and what optical flow in place of moving blocks would gain.

    python benchmarks/steady_shares.py --model segmem=runs/segmem --case DATA/video_endovis15_robotic/dataset3 \
        --map 3:1 4:2 --out docs/results/tmam_steady_shares.csv

The stream is run once with `evidence.steady` 0 and its answers are kept; then they are steadied with each of `SHARES`,
and averaged along DIS flow with a half. A line each: Dice and temporal consistency of the whole video, the truth's own,
and the milliseconds a frame that steadying took, on one thread beside whatever else the machine does. What is
remembered is the answers as they were, so numbers differ a little from a stream's that is steady itself.
"""

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cross_video import Cell, append
from flow_average import averaged
from quick_look import asked, asking, at_size, encoded, labels_at_size, opened
from segmem.core import Features
from segmem.memory import LastAnswer
from segmem.metrics.dis import Dis
from segmem.metrics.flow import backward_flows
from segmem.metrics.overlap import dice_by_frame
from segmem.metrics.summary import mean_of_classes
from segmem.metrics.temporal import temporal_consistency
from segmem.nn.feature_memory import FeatureMemory
from segmem.nn.steady import steadied
from segmem.predict.compute import Compute
from segmem.segmenter import MemorySegmenter
from segmem.state import State

SHARES = (0.0, 0.3, 0.5, 0.7)
ALONG_FLOW = 0.5


@torch.inference_mode()
def answers(model: MemorySegmenter, features: Sequence[Features], compute: Compute) -> list[Tensor]:
    """Logits (1, K, H, W) of each frame, none of them steadied."""
    parts = model.memory
    if not isinstance(parts, FeatureMemory) or parts.evidence is None:
        raise SystemExit("This model has no class evidence, so it steadies nothing.")
    parts.evidence.settings = parts.evidence.settings.model_copy(update={"steady": 0.0})
    found, state = [], State.start()
    for one in features:
        with compute.autocast():
            prediction, state = model.step(one, state)
        found.append(prediction.logits.float().log_softmax(dim=1).cpu())
    return found


@torch.inference_mode()
def steady(logits: Sequence[Tensor], features: Sequence[Features], share: float) -> list[Tensor]:
    """The same with the answer to the frame before."""
    last: LastAnswer | None = None
    out = []
    for one, feature in zip(logits, features, strict=True):
        assert feature.picture is not None
        said, last = steadied(one, feature.picture.cpu(), last, share)
        out.append(said)
    return out


def maps(logits: Sequence[Tensor], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Label maps (T, *size)."""
    return torch.cat([one[..., : size[0], : size[1]].argmax(1) for one in logits]).numpy().astype(np.uint8)


def main() -> None:
    parser = asking(__doc__)
    parser.add_argument("--out", type=Path, default=Path("steady_shares.csv"))
    options, compute, frames, truth = asked(parser)
    for name, model, how in opened(options.model, frames, compute):
        small, labels = at_size(frames, how), labels_at_size(truth, how)
        began = perf_counter()
        flows = list(backward_flows(small, Dis()))
        flow_took = perf_counter() - began
        features = encoded(model, small, how, compute)
        logits, classes = answers(model, features, compute), len(model.spec.classes)
        high, wide = how.scaled
        ways: dict[str, tuple[NDArray[np.uint8], float]] = {}
        for share in SHARES:
            began = perf_counter()
            said = steady(logits, features, share)
            ways[f"share {share:g}"] = maps(said, how.scaled), perf_counter() - began
        alone = torch.cat(logits)[..., :high, :wide]
        ways[f"along flow {ALONG_FLOW:g}"] = averaged(alone, flows, ALONG_FLOW), flow_took
        of_truth = temporal_consistency(labels, flows, classes, "DIS").mean
        for way, (found, took) in ways.items():
            row: dict[str, Cell] = {"model": name, "video": options.case.name, "way": way}
            row["dice"] = mean_of_classes(dice_by_frame(found, labels, classes)).mean
            row["tc"] = temporal_consistency(found, flows, classes, "DIS").mean
            append(options.out, row | {"tc_truth": of_truth, "ms_a_frame": 1000 * took / len(frames)})


if __name__ == "__main__":
    main()
