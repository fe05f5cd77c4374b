"""Names the weights that frames are encoded with, so that kept features are never those of others."""

import hashlib

from segmem.methods.load import Model
from segmem.methods.trained_base import base_of
from segmem.nn.network_parts import part_of
from segmem.nn.tiny_vit import TinyVit
from segmem.train.settings import TrainSettings


def encoder_mark(settings: TrainSettings, model: Model) -> str:
    """Names the weights of an encoder that does not learn, the published ones or else by what they are; and where it
    ends, if adapters follow. Those themselves come after what is kept."""
    base = base_of(model)
    changed = {} if base is None else base.changed()
    own = {name: float(v.double().sum()) for name, v in changed.items() if part_of(name) == "encoder"}
    mark: str = settings.model.method if base is None else "litemedsam"
    if base is not None and isinstance(base.image_encoder, TinyVit):
        steps, alone = len(base.image_encoder.steps()), base.image_encoder.alone()
        mark = mark if alone == steps else f"{mark} {alone} of {steps}"
    return (
        mark if not own else f"{mark} {hashlib.sha256(repr(sorted(own.items())).encode()).hexdigest()[:12]}"
    )
