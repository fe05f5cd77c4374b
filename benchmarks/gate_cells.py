"""What a gate on cells tells of a labelled video: how far spoilt are the cells that are, and the others.

    python benchmarks/gate_cells.py --case data/dataset1 --model runs/segmem --frames 120

The subsets are those of hard_subsets.py at the model's own size, their hard frames. Spoilt are all cells of a blurred
or dark frame, and those with a pixel that a passing object changed; none where the view only moves. A line for the gate
alone, which sees the frame, and one for the stream, which knows too what is like nothing that it remembers; each with
the area under the curve that tells spoilt cells from the others beside them, and from those of clear frames.
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
from segmem.core import Features
from segmem.memory import Query
from segmem.methods.load import load
from segmem.nn.feature_memory import FeatureMemory
from segmem.ops.fit import plan
from segmem.predict.compute import Compute
from segmem.segmenter import MemorySegmenter
from segmem.state import State

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


def area(spoilt: Tensor, others: Tensor) -> str:
    """Under the curve: how often a spoilt cell is doubted more than another (Mann and Whitney)."""
    if not len(spoilt) or not len(others):
        return "-"
    ordered = others.sort().values
    below, upto = (torch.searchsorted(ordered, spoilt, right=right) for right in (False, True))
    return f"{float((below + upto).float().mean() / 2 / len(others)):.3f}"


def streamed(model: MemorySegmenter, features: list[Features], compute: Compute) -> list[Tensor]:
    """What the stream takes for spoilt in each frame, (1, 1, h, w) in 0..1; of the first, the gate alone."""
    state, told = State.start(), []
    assert isinstance(model.memory, FeatureMemory)
    for one in features:
        now = torch.full((1,), state.frame)
        memory = model._recall(Query(one.top.mean(dim=(2, 3)), now), state)
        with compute.autocast():
            seen = model.memory.attend(one, memory).seen
            told.append((model.memory.doubt(one) if seen is None else seen.doubt).sigmoid())
            _, state = model.step(one, state)
    return told


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
    clear, usual = at_size(frames, how), {}
    for subset in ("clear", *SUBSETS):
        shown, keep = clear, torch.ones(len(clear), dtype=torch.bool)
        if subset != "clear":
            clip = hard_clip(subset, frames, truth)
            shown, keep = at_size(clip.frames, how), torch.from_numpy(clip.scored)
        features = encoded(model, shown, how, compute)
        alone = [model.memory.doubt(one).sigmoid() for one in features]
        for who, told in (("gate", alone), ("stream", streamed(model, features, compute))):
            cells = torch.cat(told)[keep]
            worse = F.adaptive_max_pool2d(spoilt(subset, shown[keep], clear[keep])[:, None], cells.shape[-2:])
            bad, good = cells[worse > 0], cells[worse == 0]
            usual.setdefault(who, good)  # of the clear video, which is the first
            print(
                f"{subset}, {who}: of spoilt cells {mean(bad)}, of others {mean(good)};"
                f" area beside others {area(bad, good)}, beside clear frames {area(bad, usual[who])}",
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1:])
