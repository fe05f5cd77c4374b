import torch

from nano import nano_litemedsam, nano_samed2_lite
from segmem.nn.temporal_adapter import TemporalAdapter
from segmem.nn.tiny_block import Block
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
    assert plain == "litemedsam"
    own = other()
    mark = encoder_mark(settings, own)
    assert mark != plain
    with torch.no_grad():
        own.network.base.mask_decoder.iou_token.weight.add_(1)
    assert encoder_mark(settings, own) == mark, "a decoder encodes nothing"
    with torch.no_grad():
        own.network.base.image_encoder.weight.add_(1)
    assert encoder_mark(settings, own) != mark


def test_what_is_kept_before_adapters_is_named_by_where_they_begin(settings):
    model = nano_samed2_lite()
    all_blocks = encoder_mark(settings, model)
    assert all_blocks == "litemedsam 2 of 7"
    for adapter in (part for part in model.modules() if isinstance(part, TemporalAdapter)):
        torch.nn.init.normal_(adapter.linear_up.weight)
    assert encoder_mark(settings, model) == all_blocks, "they come after it"
    for block in list(model.modules())[:-1]:
        if isinstance(block, Block):
            block.adapter = None
    assert encoder_mark(settings, model) == "litemedsam", "then it is what every method keeps"
