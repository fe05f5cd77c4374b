"""What a gate on cells tells of a labelled video: how far spoilt are the cells that are, and the others.

    python benchmarks/gate_cells.py --case data/dataset1 --model runs/segmem --frames 120

The subsets are those of hard_subsets.py at the model's own size, their hard frames. Spoilt are all cells of a blurred
or dark frame, and those with a pixel that a passing object changed; none where the view only moves.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from hard_subsets import SUBSETS, hard_clip
from quick_look import at_size, encoded, read
from segmem.methods.load import load
from segmem.nn.feature_memory import FeatureMemory
from segmem.ops.fit import plan
from segmem.predict.compute import Compute
from segmem.segmenter import MemorySegmenter

CHANGED = 12  # of 255, by which a pixel behind a passing object differs
WHOLE = ("motion blur", "low light")


def spoilt(subset: str, frames: Tensor, clear: Tensor) -> Tensor:
    """(T, H, W) in 0..1, of frames (T, 3, H, W) uint8."""
    size = (len(frames), *frames.shape[2:])
    if subset == "passing object":
        return ((frames.float() - clear.float()).abs().amax(dim=1) > CHANGED).float()
    return torch.ones(size) if subset in WHOLE else torch.zeros(size)


def mean(some: Tensor) -> str:
    return f"{float(some.mean()):.2f}" if len(some) else "-"


@torch.inference_mode()
def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", required=True, metavar="WEIGHTS")
    parser.add_argument("--case", required=True, type=Path, metavar="FOLDER")
    parser.add_argument("--frames", type=int, default=0, help="of the video; 0 is all")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    compute = Compute.choose("cpu")
    model = compute.place(load(options.model))
    if not isinstance(model, MemorySegmenter) or not isinstance(model.memory, FeatureMemory):
        raise SystemExit(f"{options.model} has no gate on cells.")
    frames, truth = read(options.case, {}, options.frames)
    how = plan((frames.shape[-2], frames.shape[-1]), model.spec.fit)
    clear = at_size(frames, how)
    for subset in ("clear", *SUBSETS):
        shown, keep = clear, torch.ones(len(clear), dtype=torch.bool)
        if subset != "clear":
            clip = hard_clip(subset, frames, truth)
            shown, keep = at_size(clip.frames, how), torch.from_numpy(clip.scored)
        told = torch.cat(
            [
                model.memory.doubt(one.top.float()).sigmoid()
                for one in encoded(model, shown[keep], how, compute)
            ]
        )
        worse = F.adaptive_max_pool2d(spoilt(subset, shown[keep], clear[keep])[:, None], told.shape[-2:]) > 0
        print(f"{subset}: of spoilt cells {mean(told[worse])}, of others {mean(told[~worse])}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
