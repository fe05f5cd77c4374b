import torch

from segmem.nn.released_generator import ReleasedGenerator


@torch.no_grad()
def test_it_knows_no_positions():
    torch.manual_seed(0)
    generator, top, asked = ReleasedGenerator(16, 4), torch.randn(1, 16, 3, 5), torch.randn(1, 6, 16)
    plain, mirrored = generator(top, asked), generator(top.flip(-1), asked)
    assert torch.allclose(mirrored.top.flip(-1), plain.top, atol=1e-5)
    assert torch.allclose(mirrored.token, plain.token, atol=1e-5)


@torch.no_grad()
def test_one_token_of_fifty_is_handed_on():
    out = ReleasedGenerator(16, 4)(torch.randn(2, 16, 3, 5), torch.randn(2, 6, 16))
    assert out.token.shape == (2, 1, 16)
    assert out.others.shape == (2, 55, 16)


@torch.no_grad()
def test_images_of_a_batch_do_not_see_each_other():
    torch.manual_seed(0)
    generator, top, asked = ReleasedGenerator(16, 4), torch.randn(2, 16, 3, 5), torch.randn(2, 6, 16)
    both, one = generator(top, asked), generator(top[:1], asked[:1])
    assert torch.allclose(both.top[:1], one.top, atol=1e-5)
