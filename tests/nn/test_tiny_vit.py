import pytest
import torch
from torch.nn import functional as F

from nano import enliven
from segmem.nn import strips
from segmem.nn.temporal_adapter import Passage, TemporalAdapter, TemporalSettings
from segmem.nn.tiny_vit import Block, Bottleneck, ConvNorm, TinyVit, TinyVitSettings, WindowAttention

SMALL = TinyVitSettings(
    widths=(8, 8, 16, 16), depths=(1, 1, 1, 1), heads=(1, 2, 2, 4), windows=(3, 3, 5, 3), width=8
)


def randomised(module):
    generator = torch.Generator().manual_seed(0)
    for name, tensor in module.state_dict().items():
        if tensor.is_floating_point():
            noise = torch.rand(tensor.shape, generator=generator)
            tensor.copy_(noise + 0.5 if name.endswith(("running_var", "norm.weight")) else noise - 0.5)
    return module.eval()


@pytest.fixture
def thin_strips(monkeypatch):
    monkeypatch.setattr(strips, "STRIP_BYTES", 1)


@pytest.mark.parametrize(("kernel", "stride", "groups"), [(1, 1, 1), (3, 1, 4), (3, 2, 4)])
@torch.no_grad()
def test_folding_the_norm_into_the_convolution_changes_nothing(kernel, stride, groups):
    layer = randomised(ConvNorm(4, 8, kernel, stride, groups))
    x = torch.randn(2, 4, 9, 12)
    weight, bias = layer.fold()
    folded = F.conv2d(x, weight, bias, stride, kernel // 2, groups=groups)
    assert torch.allclose(folded, layer.bn(layer.c(x)), atol=1e-6)


@pytest.mark.parametrize("training", [False, True])
def test_statistics_stay_as_trained(training):
    network = randomised(TinyVit(SMALL)).train(training)
    before = {name: value.clone() for name, value in network.named_buffers()}
    network(torch.rand(1, 3, 16, 16)).sum().backward()
    assert all(torch.equal(before[name], value) for name, value in network.named_buffers())


@pytest.mark.parametrize("size", [(32, 32), (29, 43), (8, 20)])
@torch.no_grad()
def test_strips_change_nothing(size, monkeypatch):
    network, image = randomised(TinyVit(SMALL)), torch.rand(2, 3, *size)
    whole = network(image)
    monkeypatch.setattr(strips, "STRIP_BYTES", 1)
    assert torch.allclose(network(image), whole, atol=1e-5)


@pytest.mark.parametrize(("stride", "residual"), [(1, True), (1, False), (2, False)])
@torch.no_grad()
def test_a_bottleneck_is_three_convolutions(stride, residual, thin_strips):
    block = randomised(Bottleneck(4, 6, 4, stride, residual))
    x = torch.randn(2, 4, 7, 10)
    y = F.gelu(block.conv1.bn(block.conv1.c(x)))
    y = block.conv3.bn(block.conv3.c(F.gelu(block.conv2.bn(block.conv2.c(y)))))
    expected = F.gelu(x + y) if residual else y
    assert torch.allclose(block(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2), expected, atol=1e-5)


@torch.no_grad()
def test_filled_in_cells_equal_computed_ones():
    attention = randomised(WindowAttention(8, 2, 5))
    x = torch.randn(1, 7, 9, 8)
    normed = F.pad(attention.norm(x), (0, 0, 0, 1, 0, 3))  # zeros before the norm are its bias after it
    normed[:, 7:] = attention.norm.bias
    normed[:, :, 9:] = attention.norm.bias
    assert torch.allclose(attention._pad(attention.qkv(attention.norm(x))), attention.qkv(normed), atol=1e-6)


def test_a_cell_attends_within_its_window_only():
    attention = randomised(WindowAttention(8, 2, 3))
    x = torch.randn(1, 6, 6, 8, requires_grad=True)
    attention(x)[0, 1, 1].sum().backward()
    touched = x.grad[0].abs().sum(-1) > 0
    assert touched[:3, :3].all()
    assert touched.sum() == 9


def test_the_bias_depends_on_the_distance_along_each_axis():
    index = WindowAttention(8, 2, 4).index.reshape(4, 4, 4, 4)
    assert index[0, 0, 2, 3] == index[3, 3, 1, 0] == index[2, 0, 0, 3]
    assert index[0, 0, 2, 3] != index[0, 0, 3, 2]
    assert index.unique().numel() == 16


def test_a_gradient_through_strips_equals_one_through_the_whole(monkeypatch):
    block, x = randomised(Block(8, 2, 3)), torch.randn(1, 7, 5, 8, requires_grad=True)
    (whole,) = torch.autograd.grad(block(x).square().sum(), x)
    monkeypatch.setattr(strips, "STRIP_BYTES", 1)
    (parted,) = torch.autograd.grad(block(x).square().sum(), x)
    assert torch.allclose(whole, parted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("size", [(32, 32), (30, 45), (4, 4)])
@torch.no_grad()
def test_the_embedding_has_a_cell_for_four_by_four_pixels(size):
    out = TinyVit(SMALL)(torch.rand(1, 3, *size))
    assert out.shape == (1, 8, -(-size[0] // 4), -(-size[1] // 4))


@torch.no_grad()
def test_images_of_a_batch_do_not_see_each_other():
    network, images = randomised(TinyVit(SMALL)), torch.rand(3, 3, 24, 20)
    alone = torch.cat([network(image[None]) for image in images])
    assert torch.allclose(network(images), alone, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("time", ["causal", "symmetric"])
def test_untrained_adapters_leave_every_bit_as_it_was(time):
    network, frames = randomised(TinyVit(SMALL)), torch.rand(3, 3, 32, 40)
    plain = network(frames)
    network.adapt(TemporalSettings(hidden=4, time=time))
    assert torch.equal(network(frames, Passage(3)), plain)


@torch.no_grad()
@pytest.mark.parametrize(("wish", "count"), [({"last": 2}, 2), ({"place": "embedding"}, 1)])
def test_frames_encoded_one_by_one_equal_the_clip(wish, count):
    network, frames = randomised(TinyVit(SMALL)), torch.rand(2, 4, 3, 32, 40)
    network.adapt(TemporalSettings(hidden=4, **wish))
    for adapter in (part for part in network.modules() if isinstance(part, TemporalAdapter)):
        enliven(adapter)
    whole = network(frames.flatten(0, 1), Passage(4)).unflatten(0, (2, 4))
    past = ()
    for t in range(4):
        passage = Passage(1, past)
        assert torch.allclose(network(frames[:, t], passage), whole[:, t], atol=1e-5)
        past = tuple(passage.after)
    assert len(past) == count
    assert not torch.allclose(network(frames[:, 3]), whole[:, 3], atol=1e-3)


@torch.no_grad()
@pytest.mark.parametrize("wish", [{"last": 1}, {"last": 2}, {}, {"place": "embedding"}])
def test_the_two_halves_of_the_encoder_are_the_whole_and_the_first_knows_no_neighbour(wish):
    network, frames = randomised(TinyVit(SMALL)), torch.rand(4, 3, 32, 40)
    plain = network(frames)
    network.adapt(TemporalSettings(hidden=4, time="symmetric", **wish))
    assert torch.equal(network(frames, Passage(4)), plain), "untrained ones change nothing"
    for adapter in (part for part in network.modules() if isinstance(part, TemporalAdapter)):
        enliven(adapter)
    whole = network(frames, Passage(4))
    entered = network.enter(frames)
    assert torch.equal(network.finish(entered, Passage(4)), whole)
    alone = torch.cat([network.enter(one[None]) for one in frames])
    assert torch.allclose(alone, entered, atol=1e-5)
    assert not torch.allclose(whole, network(frames), atol=1e-3), "the second looks at neighbours"
