import pytest
import torch

from nano import NANO_LAPG, nano_lapg, nano_lapg_released
from segmem.methods.build import build
from segmem.methods.lapg import LapgSettings
from segmem.nn.lapg_settings import ContextSettings
from segmem.train.volume_loss import VolumeLossSettings
from segmem.train.volume_objective import VolumeObjective


def clips(batch=2, length=4):
    random = torch.Generator().manual_seed(0)
    frames = torch.randint(0, 256, (batch, length, 3, 32, 32), dtype=torch.uint8, generator=random)
    labels = torch.zeros(batch, length, 32, 32, dtype=torch.uint8)
    labels[..., 5:20, 5:20] = 1
    labels[..., 20:28, 10:20] = 2
    return frames, labels, torch.ones(batch, length, dtype=torch.bool)


def objective(model=None, memory=True, back=8):
    return VolumeObjective(model or nano_lapg(), memory, back, VolumeLossSettings())


@pytest.mark.parametrize("memory", [False, True])
def test_labels_of_unlabelled_slices_do_not_matter(memory):
    frames, labels, known = clips()
    known[:, 1:] = False
    other = labels.clone()
    other[:, 1:] = 2
    losses = []
    for given in (labels, other):
        torch.manual_seed(3)
        losses.append(objective(memory=memory)(frames, given, known))
    assert torch.equal(*losses)
    assert losses[0] > 0


def test_a_clip_without_a_label_teaches_nothing():
    frames, labels, known = clips()
    loss = objective()(frames, labels, torch.zeros_like(known))
    loss.backward()
    assert loss.item() == 0


@pytest.mark.parametrize("make", [nano_lapg, nano_lapg_released], ids=["segmem", "released"])
def test_gradients_reach_the_network_and_the_memory(make):
    model = make().train()
    torch.manual_seed(1)  # draws a key
    objective(model)(*clips()).backward()
    for part in (model.network.encoder, model.network.generator, model.network.decoder, model.memory):
        reached = [p.grad is not None and bool(p.grad.abs().sum() > 0) for p in part.parameters()]
        assert sum(reached) > 0.8 * len(reached)


def test_the_first_stage_does_not_touch_the_memory():
    model = nano_lapg().train()
    objective(model, memory=False)(*clips()).backward()
    assert all(p.grad is None for p in model.memory_parameters())


def test_a_shorter_back_propagation_gives_the_same_loss():
    losses = []
    for back in (1, 8):
        torch.manual_seed(2)
        losses.append(objective(back=back)(*clips()).item())
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)


def test_a_slice_feeds_its_neighbours_and_no_other_clip():
    network = NANO_LAPG.model_copy(update={"context": ContextSettings(reach=1)})
    model = nano_lapg(lapg=LapgSettings(network=network))
    torch.nn.init.normal_(model.network.context.back.weight)
    frames, labels, known = clips()
    known[:] = False
    known[0, 0] = True
    plain = objective(model, memory=False)(frames, labels, known)
    far, near = frames.clone(), frames.clone()
    far[1] = 255 - far[1]
    near[0, 1] = 255 - near[0, 1]
    assert torch.allclose(objective(model, memory=False)(far, labels, known), plain, atol=1e-5)
    assert not torch.allclose(objective(model, memory=False)(near, labels, known), plain, atol=1e-5)


def test_it_learns():
    torch.manual_seed(0)
    model = build(nano_lapg().spec).train()
    taught = objective(model)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.003)
    losses = []
    for _ in range(20):
        optimiser.zero_grad()
        loss = taught(*clips(1, 2))
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.75 * losses[0]


@pytest.mark.parametrize("memory", [False, True])
def test_background_that_may_be_an_untold_class_is_cheaper_in_its_own_clip_only(memory):
    """The second clip does not tell class 2; what the first says is as before."""
    frames, labels, known = clips()
    labels[1][labels[1] == 2] = 0
    told = torch.tensor([[True, True, True], [True, True, False]])
    losses = {}
    for name, tells in (("all", None), ("told", told), ("everything", torch.ones_like(told))):
        torch.manual_seed(3)
        losses[name] = objective(memory=memory)(frames, labels, known, None, tells).item()
    assert losses["everything"] == losses["all"]
    assert losses["told"] < losses["all"]
