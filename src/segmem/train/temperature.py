"""What a temperature is fitted on: pixels of cases kept aside."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from segmem.data.cache import CachedCase
from segmem.segmenter import MemorySegmenter
from segmem.train.validation import stream_logits
from segmem.volumetric import VolumeSegmenter


def validation_pixels(
    model: MemorySegmenter | VolumeSegmenter,
    cases: Sequence[CachedCase],
    memory: bool,
    frames: int | None,
    pixels: int = 200_000,
) -> tuple[Tensor, Tensor]:
    """Logits (N, K) and labels (N,) of about `pixels` pixels, spread evenly over all labelled frames."""
    known = sum(int(case.labelled[:frames].sum()) for case in cases)
    each = max(1, pixels // max(1, known))
    logits, labels = [torch.empty(0, len(model.spec.classes))], [torch.empty(0, dtype=torch.int64)]
    for case in cases:
        for index, answer in stream_logits(model, case, memory, frames):
            if case.labelled[index]:
                flat = answer.flatten(1)
                chosen = torch.arange(0, flat.shape[1], max(1, flat.shape[1] // each))
                logits.append(flat[:, chosen.to(flat.device)].T.float().cpu())
                truth = torch.from_numpy(np.array(case.labels[index])).flatten()
                labels.append(truth[chosen].long())
    return torch.cat(logits), torch.cat(labels)
