import pytest
import torch
from torch import nn

from named_weights import by_name
from nano import alive
from segmem.nn.temporal_adapter import Passage, TemporalAdapter, TemporalSettings, around, attach


def adapter(time: str = "causal", **changes) -> TemporalAdapter:
    torch.manual_seed(0)
    return alive(TemporalAdapter(6, TemporalSettings(hidden=4, time=time, **changes)))


def clip(length: int, streams: int = 2) -> torch.Tensor:
    return torch.randn(streams, length, 5, 7, 6, generator=torch.Generator().manual_seed(length))


@torch.no_grad()
@pytest.mark.parametrize("time", ["causal", "symmetric"])
@pytest.mark.parametrize("length", [1, 2, 5])
def test_an_untrained_one_gives_back_what_it_gets(time, length):
    x = clip(length)
    out, _ = TemporalAdapter(6, TemporalSettings(time=time))(x)
    assert torch.equal(out, x)


@torch.no_grad()
@pytest.mark.parametrize(("time", "reached"), [("causal", [2, 3, 4]), ("symmetric", [1, 2, 3])])
def test_a_frame_is_seen_by_its_neighbours_alone(time, reached):
    x = clip(6)
    other = x.clone()
    other[:, 2] = x[:, 2].flip(-1)
    change = (adapter(time)(other)[0] - adapter(time)(x)[0]).abs().amax(dim=(0, 2, 3, 4))
    assert (change > 1e-3).nonzero()[:, 0].tolist() == reached


@torch.no_grad()
@pytest.mark.parametrize("time", ["causal", "symmetric"])
def test_streams_do_not_leak_into_each_other(time):
    x = clip(3)
    both, _ = adapter(time)(x)
    assert torch.allclose(both[1:], adapter(time)(x[1:])[0], atol=1e-6)


@torch.no_grad()
@pytest.mark.parametrize("cuts", [(1, 1, 1, 1, 1, 1), (2, 4), (5, 1)])
def test_frame_by_frame_equals_the_whole_clip(cuts):
    x, kept, parts = clip(6), None, []
    for part in x.split(cuts, dim=1):
        out, kept = adapter()(part, kept)
        parts.append(out)
    assert torch.allclose(torch.cat(parts, dim=1), adapter()(x)[0], atol=1e-5)


@torch.no_grad()
def test_one_image_is_seen_as_a_clip_that_is_empty_around_it():
    x = clip(1)
    net = adapter("symmetric")
    around = nn.functional.pad(net.linear_down(net.norm(x)), (0, 0, 0, 0, 0, 0, 1, 1))
    mixed = net.conv(around.permute(0, 4, 1, 2, 3)).permute(0, 2, 3, 4, 1)
    assert torch.allclose(net(x)[0], x + net.linear_up(nn.functional.gelu(mixed)), atol=1e-6)


@torch.no_grad()
def test_a_passage_hands_each_adapter_its_own_past():
    nets, x = [adapter(), alive(TemporalAdapter(6, TemporalSettings(hidden=3)))], clip(4)
    whole = x.flatten(0, 1)
    passage = Passage(4)
    for net in nets:
        whole = net.through(whole, passage)
    past, parts = (), []
    for frame in x.split(1, dim=1):
        passage, out = Passage(1, past), frame.flatten(0, 1)
        for net in nets:
            out = net.through(out, passage)
        past = tuple(passage.after)
        parts.append(out)
    assert torch.allclose(torch.stack(parts, dim=1).flatten(0, 1), whole, atol=1e-5)


def test_only_the_last_blocks_may_carry_one():
    blocks = [nn.Identity() for _ in range(3)]
    attach(blocks, [4, 4, 8], TemporalSettings(last=2))
    assert [hasattr(block, "adapter") for block in blocks] == [False, True, True]
    assert blocks[2].adapter.norm.normalized_shape == (8,)


@torch.no_grad()
def test_pairs_of_windows_agree_with_the_released_code(golden_values):
    theirs = golden_values("samed2/adapter.npz")
    net = by_name(
        TemporalAdapter(96, TemporalSettings(time="windows")), "image_encoder.trunk.blocks.0.adapter."
    )
    out = net.in_pairs(torch.from_numpy(theirs["adapter_input"]))
    assert torch.allclose(out, torch.from_numpy(theirs["adapter_output"]), atol=1e-4)


@pytest.mark.parametrize(("time", "expected"), [("causal", (6, 0)), ("symmetric", (3, 3))])
def test_how_far_an_encoder_looks_grows_with_its_adapters(time, expected):
    encoder = nn.ModuleList(adapter(time) for _ in range(3))
    assert around(encoder) == expected
    assert around(nn.Linear(2, 2)) is None


@torch.no_grad()
def test_on_an_embedding_what_is_added_grows_with_it_and_in_a_block_it_does_not():
    x = clip(3)
    for place, times in (("embedding", 100.0), ("blocks", 1.0)):
        part = adapter("symmetric", place=place)
        small, large = (part(size * x)[0] - size * x for size in (1.0, 100.0))
        assert torch.allclose(large, times * small, rtol=0.02, atol=0.02 * times)
