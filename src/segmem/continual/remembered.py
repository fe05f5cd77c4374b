"""Labelled cases into a memory of other cases: prompted once each, what was found remembered as sure as it is right."""

import time
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

import numpy as np
import torch

from segmem.data.cache import CachedCase
from segmem.data.features import grid_labels
from segmem.data.prompts import PromptSettings, say
from segmem.data.sample import generator
from segmem.memory import CaseMemory, MemoryBank
from segmem.memory.bank_file import CaseBank, Record
from segmem.memory.cases import chosen, held, kept
from segmem.prompted import CELL, PromptedSegmenter
from segmem.state import State
from segmem.train.case_features import features_by_frame
from segmem.train.mask_loss import overlap


@torch.no_grad()
def remembered(
    model: PromptedSegmenter, bank: CaseBank, cases: Sequence[CachedCase], wish: PromptSettings, task: str
) -> CaseBank:
    """The bank with an entry of each case, in place of those of its task, by the model's policy.

    An entry is what the model's memory encoder makes of an image and of the mask that was found; one of which less than
    `min_quality` is predicted is not offered.

    Args:
        model: in evaluation mode, with a memory of other cases.
        bank: made by the same encoder.
        cases: to learn from; of each, the first labelled frame and all its classes together.
        wish: what is said of the object.
        task: what entries are said to be of.
    """
    assert model.across is not None  # noqa: S101  the caller has seen to it
    others = bank.only([slot for slot, record in enumerate(bank.records) if record.task != task])
    shared, records = others.bank, dict(enumerate(others.records))
    for case in cases:
        shared, came = kept(CaseMemory(shared, _found(model, case, wish)), model.across.policy)
        for slot in came:
            assert shared is not None  # noqa: S101  an entry came into it
            records[slot] = Record(
                task=task,
                modality=case.kind,
                class_name="object",
                case=sha256(case.name.encode()).hexdigest()[:16],
                confidence=round(float(shared.score[0, slot]), 4),
                time=int(time.time()),
            )
    slots = [] if shared is None else held(shared)
    some = None if shared is None or not slots else chosen(shared, slots)
    return CaseBank(some, tuple(records[slot] for slot in slots), bank.encoder)


def _found(model: PromptedSegmenter, case: CachedCase, wish: PromptSettings) -> MemoryBank | None:
    """One row with the entry of a case, no surer than the overlap of its mask with the label; None where it is not
    offered."""
    index = np.flatnonzero(case.labelled)[:1]
    truth = (grid_labels(case, index, model.spec.fit) > 0).float()
    here = features_by_frame(model, case)(int(index[0]))
    low = (here.top.shape[-2] * CELL, here.top.shape[-1] * CELL)
    prompt = say(truth, [wish], low, generator(0, case.name, 0, 0))
    prediction, after = model.step(here, State.start(1, CaseMemory(room=1)), prompt)
    overlay = None if after.cases is None else after.cases.overlay
    if overlay is None:
        return None
    reached = overlap(prediction.logits[:, 1].cpu() > 0, truth).to(overlay.score)
    return replace(overlay, score=torch.minimum(overlay.score, reached[:, None]))
