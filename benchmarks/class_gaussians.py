"""How much of a video must be remembered to know its classes by their looks, where nothing is spoilt.

    python benchmarks/class_gaussians.py --model star=runs/star --case DATA/video_endovis15_robotic/dataset3 \
        --map 3:1 4:2 --every 3 --out docs/results/tmam_class_gaussians.csv

The linear discriminants of `segmem.nn.discriminant` without all else of a memory: their log-probabilities are added to
the 2D network's, in the shares of `SHARES`. A line for each model and for what they are fitted to: the frame itself,
the `SLOTS` frames before it, or all frames before it, as a stream keeps them. Mean Dice, memory off.
"""

from collections.abc import Sequence
from functools import reduce
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from cross_video import Cell, append
from quick_look import asked, asking, at_size, encoded, labels_at_size, opened
from segmem.memory import ClassSums
from segmem.metrics.overlap import dice_by_frame
from segmem.metrics.summary import mean_of_classes
from segmem.nn.discriminant import class_likelihoods, class_sums, looks
from segmem.nn.evidence import KEPT
from segmem.ops.fit import Fit
from segmem.predict.compute import Compute
from segmem.segmenter import MemorySegmenter

SHARES = (0.0, 0.1, 0.2, 0.4, 0.8)
SLOTS = 6
LEAST = 1e-2  # probability of the network that is believed, as in class evidence


def added(before: Sequence[ClassSums], keep: float) -> ClassSums | None:
    """All of them together, of which the older are kept in part."""
    return reduce(lambda sums, one: one.after(sums, keep), before) if before else None


@torch.inference_mode()
def label_maps(
    model: MemorySegmenter, frames: Tensor, how: Fit, compute: Compute
) -> dict[str, dict[float, Tensor]]:
    """(T, *how.scaled) uint8 of what they are fitted to, and of each share."""
    high, wide = how.scaled
    maps: dict[str, dict[float, list[Tensor]]] = {
        fitted: {share: [] for share in SHARES} for fitted in ("frame", "slots", "stream")
    }
    last: list[ClassSums] = []
    stream: ClassSums | None = None
    for one in encoded(model, frames, how, compute):
        with compute.autocast():
            logits = model.network.decode(one).float()
        grid = (one.top.shape[-2], one.top.shape[-1])
        rows, chances = looks(one.top, grid), logits.softmax(dim=1)
        shown = class_sums(rows, chances, rows.new_ones(*rows.shape[:2], 1), grid)
        logs = chances.clamp(min=LEAST).log()
        for fitted, known in {"frame": shown, "slots": added(last, 1.0), "stream": stream}.items():
            told = torch.zeros_like(logs)
            if known is not None:
                cells = class_likelihoods(known, rows, grid)
                told = F.interpolate(cells, logs.shape[-2:], mode="bilinear", align_corners=False)
            for share, found in maps[fitted].items():
                best = (logs + share * told).argmax(dim=1)[0, :high, :wide]
                found.append(best.to(torch.uint8).cpu())
        last = [*last, shown][-SLOTS:]
        stream = shown.after(stream, KEPT)
    return {fitted: {share: torch.stack(found) for share, found in of.items()} for fitted, of in maps.items()}


def main() -> None:
    parser = asking(__doc__)
    parser.add_argument("--every", type=int, default=1, help="take every so many frames")
    parser.add_argument("--out", type=Path, default=Path("class_gaussians.csv"))
    options, compute, frames, truth = asked(parser)
    for name, model, how in opened(options.model, frames, compute):
        small, labels = at_size(frames, how)[:: options.every], labels_at_size(truth, how)[:: options.every]
        for fitted, of in label_maps(model, small, how, compute).items():
            row: dict[str, Cell] = {"model": name, "video": options.case.name, "frames": len(small)}
            row["fitted"] = fitted
            for share, found in of.items():
                scores = dice_by_frame(found.numpy(), labels, len(model.spec.classes))
                row[f"share_{share:g}"] = mean_of_classes(scores).mean
            append(options.out, row)


if __name__ == "__main__":
    main()
