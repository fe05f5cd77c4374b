"""A whole scan through a model that answers it in two stages."""

from collections.abc import Iterator

import torch
from torch import Tensor

from segmem.core import Prediction
from segmem.memory import MemoryBank
from segmem.nn.lapg_network import Prepared
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
    slices = encoded_scan(viewer, model, scan, tick)
    with viewer.compute.autocast(), viewer.clock.part("head"):
        found = second_stage(model, slices, support, tick) if viewer.memory else first_stage(model, slices)
    for prediction in each(found):
        yield viewer.unfit(prediction)


@torch.inference_mode()
def encoded_scan(viewer: Viewer, model: VolumeSegmenter, scan: Tensor, tick: Tick = lambda: None) -> Prepared:
    """What is known of the slices (T, C, H, W) before memory is asked: coarse masks and presence too. The viewer's
    window must be the scan's, its fit becomes so; `tick` is called once a slice."""
    viewer.fit = fit = plan((scan.shape[-2], scan.shape[-1]), model.spec.fit)

    def frames(first: int, last: int) -> Tensor:
        return model.prepare(scan[first:last].to(viewer.compute.device), fit, viewer.window)

    with viewer.compute.autocast(), viewer.clock.part("encode"):
        return encode_slices(model, frames, len(scan), tick)
