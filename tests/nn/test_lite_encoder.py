import torch

from segmem.nn.lite_encoder import LiteEncoder
from segmem.nn.mask_decoder import MaskDecoderSettings
from segmem.nn.memory_attention import MemoryAttentionSettings
from segmem.nn.sam2_network import Sam2Network, Sam2NetworkSettings

SMALL = Sam2NetworkSettings(
    trunk="lite0",
    attention=MemoryAttentionSettings(width=32, memory_width=16, layers=1, ffn=64),
    decoder=MaskDecoderSettings(width=32, mlp=64),
)


@torch.no_grad()
def test_levels_lie_at_strides_four_eight_and_sixteen_on_any_multiple_of_sixteen():
    fine, middle, top = LiteEncoder(imagenet=False, width=8).eval()(torch.randn(2, 3, 48, 80))
    assert [tuple(level.shape) for level in (fine, middle, top)] == [
        (2, 8, 12, 20),
        (2, 8, 6, 10),
        (2, 8, 3, 5),
    ]


@torch.no_grad()
def test_refined_levels_are_convolutions_of_the_plain_ones():
    torch.manual_seed(0)
    encoder, refine = LiteEncoder(imagenet=False, width=8).eval(), torch.nn.Conv2d(8, 2, 1)
    image = torch.randn(1, 3, 32, 48)
    plain, refined = encoder(image), encoder(image, (refine,))
    assert torch.allclose(refined[0], refine(plain[0]), atol=1e-5)
    assert torch.equal(refined[1], plain[1])


@torch.no_grad()
def test_the_network_on_it_gives_what_its_mask_decoder_takes():
    network = Sam2Network(SMALL).eval()
    features = network.encode(torch.randn(1, 3, 48, 64))
    assert features.top.shape == (1, 32, 3, 4)
    assert [tuple(skip.shape) for skip in features.skips] == [(1, 4, 12, 16), (1, 8, 6, 8)]
    assert network.decode(features.top, features.skips).logits.shape == (1, 1, 12, 16)
