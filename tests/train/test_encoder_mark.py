import torch

from nano import nano_litemedsam
from segmem.train.encoder_mark import encoder_mark


def other():
    """A tiny network none of whose weights are the published ones."""
    model = nano_litemedsam()
    base = model.network.base
    base.published = dict.fromkeys(base.state_dict(), 0)
    return model


def test_published_weights_are_named_by_the_method_and_others_by_what_they_are(settings):
    model = nano_litemedsam()
    plain = encoder_mark(settings, model)
    assert plain == settings.model.method
    own = other()
    mark = encoder_mark(settings, own)
    assert mark != plain
    with torch.no_grad():
        own.network.base.mask_decoder.iou_token.weight.add_(1)
    assert encoder_mark(settings, own) == mark, "a decoder encodes nothing"
    with torch.no_grad():
        own.network.base.image_encoder.weight.add_(1)
    assert encoder_mark(settings, own) != mark
