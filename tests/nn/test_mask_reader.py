import torch

from nano import nano_litemedsam
from segmem.nn.mask_reader import MaskReader


@torch.no_grad()
def test_it_begins_as_the_parts_it_stands_beside_and_shares_nothing_with_them():
    base = nano_litemedsam().network.base
    reader, mask = MaskReader.beside(base.mask_decoder, base.prompt_encoder), torch.randn(1, 1, 16, 16)
    before = base.prompt_encoder.mask(mask)
    assert torch.equal(reader.mask(mask), before)
    theirs = {id(p) for p in base.parameters()}
    assert not theirs & {id(p) for p in reader.parameters()}
    for parameter in reader.parameters():
        parameter.add_(1)
    assert torch.equal(base.prompt_encoder.mask(mask), before)
    assert not torch.equal(reader.mask(mask), before)
