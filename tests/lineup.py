"""Every method as a tiny model, and how a stream of it begins: the line-up that keeps the promises of contract/."""

from collections.abc import Iterable, Mapping

import torch
from einops import rearrange
from torch import Tensor

from nano import (
    nano,
    nano_evidence,
    nano_lapg,
    nano_lapg_released,
    nano_litemedsam,
    nano_paper,
    nano_released,
    nano_sam2,
    nano_samed2,
)
from segmem.core import Features, PromptBatch
from segmem.prompted import PromptedSegmenter
from segmem.state import Segmenter, State

PROMPTED = {"sam2": nano_sam2, "litemedsam": nano_litemedsam, "samed2": nano_samed2}
METHODS = {
    "tmam": nano,
    "tmam-evidence": nano_evidence,
    "tmam-paper": nano_paper,
    "tmam-released": nano_released,
    "lapg": nano_lapg,
    "lapg-released": nano_lapg_released,
    **PROMPTED,
}

NAN = float("nan")
NO_BOX, NO_POINT = (NAN,) * 4, (0.0, 0.0, -1.0)
Prompts = Mapping[int, PromptBatch]


def opening(model: Segmenter, streams: tuple[int, ...] = (0, 1)) -> Prompts:
    """What a stream of the model begins with. Stream 0 has objects 1 (a box) and 2 (a point), stream 1 only 1."""
    if not model.prompted:
        return {}
    boxes = [[(10.0, 8.0, 50.0, 44.0), NO_BOX], [(30.0, 20.0, 90.0, 60.0), NO_BOX]]
    points = [[[NO_POINT], [(70.0, 30.0, 1.0)]], [[NO_POINT], [NO_POINT]]]
    return {
        0: PromptBatch((1, 2), boxes=torch.tensor(boxes)[[*streams]], points=torch.tensor(points)[[*streams]])
    }


@torch.no_grad()
def encoded(model: Segmenter, frames: Tensor) -> list[Features]:
    """Features of each of the frames (T, B, 3, H, W), made ahead of the memory."""
    if isinstance(model, PromptedSegmenter) and model.temporal is not None:
        return model.encode_clip(rearrange(frames, "t b ... -> b t ..."))[0]
    return [model.encode(frame) for frame in frames]


@torch.no_grad()
def run(
    model: Segmenter,
    frames: Iterable[Tensor | Features],
    state: State | None = None,
    recall: bool = True,
    prompts: Prompts | None = None,
) -> tuple[Tensor, State]:
    """Logits (T, B, K, h, w) of a stream, and the state after it. Its objects are prompted as `opening` says."""
    heard = opening(model) if prompts is None else prompts
    state = state or State.start()
    logits = []
    for frame in frames:
        prediction, state = model.step(frame, state, heard.get(state.frame), recall=recall)
        logits.append(prediction.logits)
    return torch.stack(logits), state
