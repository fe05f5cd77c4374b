"""How sure a network is of a labelled case, and how right: what a bank chooses its entries by."""

import numpy as np

from segmem.data.cache import CachedCase
from segmem.data.prompts import PromptSettings
from segmem.prompted import PromptedSegmenter
from segmem.train.qualities import quality_of


def sureness(model: PromptedSegmenter, case: CachedCase, wish: PromptSettings) -> float:
    """In 0..1: the quality that the network predicts of its answer to a prompt, but no more than the overlap that the
    answer has with the label, so that a case with a wrong label is not taken for a sure one.

    Args:
        model: in evaluation mode.
        case: encoded; its first labelled frame counts, all its classes together.
        wish: what is said of the object.
    """
    found = quality_of(model, case, int(np.flatnonzero(case.labelled)[0]), wish)
    return 0.0 if found is None else min(found)
