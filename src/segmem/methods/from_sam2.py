"""The parts that a LAPG model and SAM2 have in common, out of a SAM2 checkpoint."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from segmem.core.errors import WeightsError
from segmem.io.hub import read_weights
from segmem.methods.load import grouped
from segmem.nn.lora import is_low_rank
from segmem.nn.upstream import to_official
from segmem.volumetric import VolumeSegmenter

ENCODER = ("image_encoder.", "network.encoder.image_encoder.")
OTHERS = (  # SAM2's name, ours; taken where the settings make them as large as SAM2's
    ("sam_mask_decoder.transformer.", "network.decoder.transformer."),
    ("sam_prompt_encoder.pe_layer.", "network.places."),
    ("memory_attention.", "memory.memory_attention."),
    ("memory_encoder.pix_feat_proj.", "memory.memory_encoder.pix_feat_proj."),
    ("memory_encoder.fuser.", "memory.memory_encoder.fuser."),
    ("memory_encoder.out_proj.", "memory.memory_encoder.out_proj."),
    ("maskmem_tpos_enc", "memory.temporal_code.maskmem_tpos_enc"),
)


def fill_from_sam2(model: VolumeSegmenter, path: Path) -> list[str]:
    """Give a LAPG model a SAM2 or MedSAM2 checkpoint's image encoder, and what else is as large as its own.

    Returns:
        SAM2's names of the parts that were taken, without the last dot.

    Raises:
        FormatError: the file is damaged, or could be read only by running what it brings.
        WeightsError: its image encoder is not this model's; the model is untouched.
    """
    tensors, ours = to_official(read_weights(path)), model.state_dict()
    odd = _odd(tensors, ours, *ENCODER)
    if odd:
        raise WeightsError(
            f"{path}: its image encoder is not this model's: {len(odd)} tensors are missing or of another shape"
            f" ({grouped(odd)}). Set model.lapg.network.encoder (trunk sam2, the size of the checkpoint) and"
            " model.lapg.network.width 256."
        )
    pairs = [ENCODER, *(pair for pair in OTHERS if not _odd(tensors, ours, *pair))]
    chosen = {
        mine + name.removeprefix(theirs): value
        for theirs, mine in pairs
        for name, value in tensors.items()
        if name.startswith(theirs)
    }
    with torch.no_grad():
        model.load_state_dict(
            {name: value.to(ours[name].dtype) for name, value in chosen.items()}, strict=False
        )
    return [theirs.rstrip(".") for theirs, _ in pairs]


def _odd(tensors: Mapping[str, Tensor], ours: Mapping[str, Tensor], theirs: str, mine: str) -> list[str]:
    """Names of ours under `mine` that the checkpoint has not, or not in that shape, and the other way round."""
    wanted = {
        n.removeprefix(mine): v.shape for n, v in ours.items() if n.startswith(mine) and not is_low_rank(n)
    }
    given = {n.removeprefix(theirs): v.shape for n, v in tensors.items() if n.startswith(theirs)}
    return sorted(mine + n for n in wanted.keys() | given.keys() if wanted.get(n) != given.get(n))
