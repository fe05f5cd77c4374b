import torch

from nano import nano_samed2, nano_samed2_lite
from segmem.encoding import encode_clip, encode_next, finish_clip
from segmem.state import State


@torch.no_grad()
def test_the_next_frame_is_encoded_as_in_the_whole_clip():
    network, frames = nano_samed2().network, torch.randn(2, 4, 3, 64, 64)
    whole, past = encode_clip(network, frames)
    state, last = State.start(), None
    for t in range(4):
        last, state = encode_next(network, frames[:, t], state)
        state = State(state.frame + 1, past=state.past, past_frame=state.past_frame)
        assert torch.allclose(last.top, whole[t].top, atol=1e-5)
        assert torch.allclose(last.skips[0], whole[t].skips[0], atol=1e-5)
    assert all(torch.allclose(one, other, atol=1e-5) for one, other in zip(past, state.past, strict=True))


@torch.no_grad()
def test_a_clip_in_two_parts_equals_the_whole():
    network, frames = nano_samed2().network, torch.randn(1, 5, 3, 64, 64)
    whole, _ = encode_clip(network, frames)
    first, past = encode_clip(network, frames[:, :2])
    second, _ = encode_clip(network, frames[:, 2:], past)
    for one, other in zip([*first, *second], whole, strict=True):
        assert torch.allclose(one.top, other.top, atol=1e-5)


@torch.no_grad()
def test_a_frame_out_of_turn_is_encoded_as_the_first_of_a_stream():
    network, frames = nano_samed2().network, torch.randn(1, 2, 3, 64, 64)
    _, state = encode_next(network, frames[:, 0], State.start())
    jumped = State(frame=9, past=state.past, past_frame=state.past_frame)
    alone, _ = encode_next(network, frames[:, 1], State(frame=9))
    assert torch.equal(encode_next(network, frames[:, 1], jumped)[0].top, alone.top)


@torch.no_grad()
def test_after_a_frame_that_is_no_number_its_stream_is_encoded_anew_and_its_neighbour_goes_on():
    network, frames = nano_samed2().network, torch.randn(2, 3, 3, 64, 64)
    _, state = encode_next(network, frames[:, 0], State.start())
    spoilt = frames[:, 1].clone()
    spoilt[0] = torch.nan
    assert encode_next(network, spoilt, State(1, past=state.past, past_frame=1))[0].top[0].isnan().all()
    _, after = encode_next(network, spoilt, State(1, past=state.past, past_frame=1))
    _, usual = encode_next(network, frames[:, 1], State(1, past=state.past, past_frame=1))
    seen = [
        encode_next(network, frames[:, 2], State(2, past=one.past, past_frame=2))[0].top
        for one in (after, usual)
    ]
    alone = encode_next(network, frames[:1, 2], State.start())[0].top
    assert torch.allclose(seen[0][0], alone[0], atol=1e-5)
    assert torch.allclose(seen[0][1], seen[1][1], atol=1e-5)


@torch.no_grad()
def test_slices_see_both_neighbours_where_the_adapter_is_symmetric():
    from segmem.nn.temporal_adapter import TemporalSettings

    network = nano_samed2(temporal=TemporalSettings(hidden=4, time="symmetric", last=1)).network
    frames = torch.randn(1, 5, 3, 64, 64)
    other = frames.clone()
    other[:, 2] = frames[:, 2].flip(-1)
    pairs = zip(encode_clip(network, frames)[0], encode_clip(network, other)[0], strict=True)
    changed = [not torch.allclose(one.top, two.top, atol=1e-5) for one, two in pairs]
    assert changed == [False, True, True, True, False]


@torch.no_grad()
def test_a_clip_whose_first_half_was_kept_ends_as_the_whole():
    model = nano_samed2_lite()
    frames = torch.rand(2, 4, 3, 64, 64)
    whole, _ = encode_clip(model.network, frames)
    kept = torch.stack([model.enter(frames[:, t]).top for t in range(4)], dim=1)
    for one, other in zip(finish_clip(model.network, kept)[0], whole, strict=True):
        assert torch.allclose(one.top, other.top, atol=1e-5)
