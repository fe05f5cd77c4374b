import pytest
import torch

from nano import enliven, randomised
from segmem.nn import strips
from segmem.nn.temporal_adapter import Passage, TemporalAdapter, TemporalSettings
from segmem.nn.tiny_vit import TinyVit, TinyVitSettings

SMALL = TinyVitSettings(
    widths=(8, 8, 16, 16), depths=(1, 1, 1, 1), heads=(1, 2, 2, 4), windows=(3, 3, 5, 3), width=8
)


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
