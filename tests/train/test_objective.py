import pytest
import torch

from nano import TINY, nano
from segmem.memory import Fifo
from segmem.methods.tmam import TmamSettings
from segmem.train.objective import ClipObjective, GateObjective


def clips(batch=2, length=4, seed=0):
    random = torch.Generator().manual_seed(seed)
    frames = torch.randint(0, 256, (batch, length, 3, 64, 64), dtype=torch.uint8, generator=random)
    labels = torch.zeros(batch, length, 64, 64, dtype=torch.uint8)
    labels[..., 10:40, 10:40] = 1
    return frames, labels


def only_last(frames):
    labelled = torch.zeros(frames.shape[:2], dtype=torch.bool)
    labelled[:, -1] = True
    return labelled


def test_labels_of_unlabelled_frames_do_not_matter():
    objective, (frames, labels) = ClipObjective(nano(), True, 4, 1), clips()
    known = only_last(frames)
    other = labels.clone()
    other[:, :-1] = 2
    assert torch.equal(objective(frames, labels, known), objective(frames, other, known))


def test_an_unlabelled_frame_feeds_the_memory_of_a_labelled_one():
    objective, (frames, labels) = ClipObjective(nano(), True, 4, 1), clips()
    known = only_last(frames)
    past = frames.clone()
    past[:, 0] = 255 - past[:, 0]
    assert not torch.equal(objective(frames, labels, known), objective(past, labels, known))


def test_gradients_flow_back_through_unlabelled_frames_into_the_memory_encoder():
    model, (frames, labels) = nano(), clips()
    ClipObjective(model, True, 4, 1)(frames, labels, only_last(frames)).backward()
    for name, parameter in model.get_submodule("memory.memory_encoder").named_parameters():
        assert parameter.grad is not None, name
        assert float(parameter.grad.abs().sum()) > 0, name


def test_back_propagation_stops_where_it_is_told():
    model, (frames, labels) = nano(), clips()
    ClipObjective(model, True, 1, 1)(frames, labels, only_last(frames)).backward()
    assert all(p.grad is None for p in model.get_submodule("memory.memory_encoder").parameters())
    assert any(p.grad is not None for p in model.base_parameters())


def test_a_shorter_back_propagation_gives_the_same_loss():
    model, (frames, labels) = nano(), clips()
    known = only_last(frames)
    losses = [ClipObjective(model, True, back, 1)(frames, labels, known).item() for back in (1, 2, 4)]
    assert max(losses) - min(losses) < 1e-5


def test_every_frame_of_a_clip_is_remembered_whatever_the_stride():
    strided = TmamSettings(attention=TINY, policy=Fifo(capacity=3, stride=5), pool=1)
    frames, labels = clips()
    known = only_last(frames)
    one = ClipObjective(nano(tmam=strided), True, 4, 5)(frames, labels, known)
    plain = ClipObjective(nano(), True, 4, 1)(frames, labels, known)
    assert abs(one.item() - plain.item()) < 1e-5


def test_without_memory_frames_are_on_their_own():
    objective, (frames, labels) = ClipObjective(nano(), False, 4, 1), clips()
    known = only_last(frames)
    past = frames.clone()
    past[:, 0] = 0
    assert torch.equal(objective(frames, labels, known), objective(past, labels, known))


@pytest.mark.parametrize("by", ["frame", "cell"])
def test_the_gate_learns_which_frames_are_spoilt(by):
    model, (frames, labels) = nano(tmam=TmamSettings(attention=TINY, gate_by=by)), clips()
    spoilt = torch.zeros(labels.shape)
    spoilt[:, 1::2] = 1
    frames[:, 1::2] = 0
    gate = list(model.gate_parameters())
    optimiser = torch.optim.Adam(gate, lr=0.1)
    for _ in range(30):
        optimiser.zero_grad()
        loss = GateObjective(model)(frames, spoilt)
        loss.backward()
        optimiser.step()
    assert loss < 0.1
    assert all(p.grad is None for p in model.parameters() if not any(p is g for g in gate))


def test_a_known_first_frame_is_remembered_as_labelled_and_not_as_found():
    frames, labels = clips()
    known = torch.ones(labels.shape[:2], dtype=torch.bool)
    moved = labels.clone()
    moved[:, 0] = labels[:, 0].flip(-1)
    told, found = (ClipObjective(nano(), True, 3, 1, known_first=first) for first in (True, False))
    assert not torch.equal(told(frames, labels, known), found(frames, labels, known))
    assert not torch.equal(told(frames, labels, known), told(frames, moved, known))
    later = known.clone()
    later[:, 0] = False  # nobody labelled the first frame: what was found is remembered
    assert torch.equal(told(frames, labels, later), found(frames, labels, later))


def gradients(model):
    return {name: p.grad.clone() for name, p in model.network.named_parameters() if p.grad is not None}


def test_apart_the_network_gets_the_gradients_it_gets_without_memory():
    frames, labels = clips()
    known = torch.ones(frames.shape[:2], dtype=torch.bool)
    alone, beside = nano(), nano()
    beside.load_state_dict(alone.state_dict())
    ClipObjective(alone, False, 4, 1)(frames, labels, known).backward()
    ClipObjective(beside, True, 4, 1, apart=True)(frames, labels, known).backward()
    wanted, got = gradients(alone), gradients(beside)
    assert wanted.keys() == got.keys()
    for name, gradient in wanted.items():
        assert torch.allclose(gradient, got[name], atol=1e-6), name


def test_apart_the_memory_learns_all_the_same_and_the_network_stays_trainable():
    model, (frames, labels) = nano(), clips()
    known = torch.ones(frames.shape[:2], dtype=torch.bool)
    ClipObjective(model, True, 4, 1, apart=True)(frames, labels, known).backward()
    assert all(p.requires_grad for p in model.base_parameters())
    for name, parameter in model.get_submodule("memory.memory_encoder").named_parameters():
        assert parameter.grad is not None, name
        assert float(parameter.grad.abs().sum()) > 0, name


@pytest.mark.parametrize("memory", [False, True])
def test_a_clip_teaches_nothing_of_a_class_that_it_does_not_tell(memory):
    """The first clip tells both classes, the second one alone: each loses as a clip of its own would."""
    model, (frames, labels) = nano(), clips()
    labels[0, :, 40:60, 10:40] = 2
    known = torch.ones(frames.shape[:2], dtype=torch.bool)
    known[1, 1:] = False  # the clips have 4 and 1 labelled frames
    told = torch.tensor([[True, True, True], [True, True, False]])
    objective = ClipObjective(model, memory, 4, 1)

    def loss(row=slice(None), tells=told):
        return objective(
            frames[row], labels[row], known[row], None, None if tells is None else tells[row]
        ).item()

    first, second = loss(slice(0, 1)), loss(slice(1, 2))
    assert loss() == pytest.approx((4 * first + second) / 5, abs=1e-5)
    assert first == pytest.approx(loss(slice(0, 1), None), abs=1e-6)
    assert second < loss(slice(1, 2), None)


def test_a_first_frame_is_given_only_where_its_label_tells_all():
    model, (frames, labels) = nano(), clips()
    known, told = torch.ones(frames.shape[:2], dtype=torch.bool), torch.tensor([[True, True, False]] * 2)
    given, found = (ClipObjective(model, True, 4, 1, known_first=first) for first in (True, False))
    assert torch.equal(given(frames, labels, known, None, told), found(frames, labels, known, None, told))
    assert not torch.equal(given(frames, labels, known), found(frames, labels, known))
