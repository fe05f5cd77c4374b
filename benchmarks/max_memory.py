"""Bytes that one object needs at a time, for each cell of the features: what `--max-memory` reckons with.

    python benchmarks/max_memory.py [--size 512] [--objects 1 4 12]

A SAM 2.1 tiny of random weights follows objects over nine frames, all at once, each number in a process of its own.
The growth of the process's peak over that of the image encoder alone, less what the state keeps, is divided by
objects and cells.
"""

import argparse
import resource
import subprocess
import sys

import torch

from segmem.core import PromptBatch
from segmem.methods.build import build
from segmem.methods.sam2 import sam2_settings
from segmem.methods.spec import ModelSpec
from segmem.prompted import PromptedSegmenter
from segmem.state import State

FRAMES = 9


@torch.inference_mode()
def measure(size: int, objects: int) -> None:
    """Print bytes an object and cell."""
    model = build(ModelSpec(method="sam2", sam2=sam2_settings("tiny"), input="any")).eval()
    assert isinstance(model, PromptedSegmenter)
    head = model.get_submodule("network.sam_mask_decoder.pred_obj_score_head.layers.2")
    head.bias.fill_(20.0)  # type: ignore[operator]
    model.together = objects  # one by one is the default on a CPU
    features = model.encode(torch.randn(1, 3, size, size))
    before = _peak()
    state = State.start()
    box = torch.tensor([[[size * 0.1, size * 0.1, size * 0.5, size * 0.5]] * objects])
    for index in range(FRAMES):
        said = PromptBatch(tuple(range(1, objects + 1)), boxes=box) if index == 0 else None
        _, state = model.step(features, state, said)
    kept = sum(t.numel() * t.element_size() for t in state.tensors().values())
    cells = features.top.shape[-2] * features.top.shape[-1]
    grown = _peak() - before - kept
    print(
        f"{size} px, {objects} objects: {grown / 1e6:.0f} MB, {grown / objects / cells:.0f} bytes each a cell"
    )


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--objects", type=int, nargs="+", default=[1, 4, 12])
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        measure(options.size, options.objects[0])
        return
    for count in options.objects:
        command = [sys.executable, __file__, "--here", "--size", str(options.size), "--objects", str(count)]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
