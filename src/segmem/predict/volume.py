"""A whole scan through a model that answers it in two stages."""

from collections.abc import Iterator

import torch
from torch import Tensor

from segmem.core import Prediction
from segmem.memory import MemoryBank
from segmem.ops.fit import plan
from segmem.predict.stream import Viewer
from segmem.predict.sweep import Tick
from segmem.two_stages import each, encode_slices, first_stage, second_stage
from segmem.volumetric import VolumeSegmenter


@torch.inference_mode()
def volume_predictions(
    viewer: Viewer,
    model: VolumeSegmenter,
    scan: Tensor,
    tick: Tick = lambda: None,
    support: MemoryBank | None = None,
) -> Iterator[Prediction]:
    """Of each slice of (T, C, H, W), at its own size. `tick` is called twice a slice.

    A viewer without memory answers with the first stage alone; `support` is of `two_stages.second_stage`.
    """
    fit = plan((scan.shape[-2], scan.shape[-1]), model.spec.fit)
    viewer.fit = fit

    def frames(first: int, last: int) -> Tensor:
        return model.prepare(scan[first:last].to(viewer.compute.device), fit, viewer.window)

    with viewer.compute.autocast():
        with viewer.clock.part("encode"):
            slices = encode_slices(model, frames, len(scan), tick)
        with viewer.clock.part("head"):
            found = (
                second_stage(model, slices, support, tick) if viewer.memory else first_stage(model, slices)
            )
    for prediction in each(found):
        yield viewer.unfit(prediction)
