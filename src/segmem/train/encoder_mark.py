"""Names the weights that frames are encoded with, so that kept features are never those of others."""

import hashlib

from segmem.methods.load import Model
from segmem.methods.trained_base import base_of
from segmem.nn.network_parts import part_of
from segmem.train.settings import TrainSettings

ENCODING = ("encoder", "adapters")  # the parts that frames are encoded with


def encoder_mark(settings: TrainSettings, model: Model) -> str:
    """Names the weights of an encoder that does not learn: the published ones, or else by what they are."""
    base = base_of(model)
    changed = {} if base is None else base.changed()
    own = {name: float(v.double().sum()) for name, v in changed.items() if part_of(name) in ENCODING}
    mark = settings.model.method
    return (
        mark if not own else f"{mark} {hashlib.sha256(repr(sorted(own.items())).encode()).hexdigest()[:12]}"
    )
