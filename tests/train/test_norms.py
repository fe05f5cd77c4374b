import torch
from torch import nn

from nano import NANO_LAPG, nano, nano_lapg, nano_litemedsam
from segmem.methods.lapg import LapgSettings
from segmem.methods.sam2 import NANO, build
from segmem.methods.spec import ModelSpec
from segmem.nn.lapg_settings import ContextSettings, PyramidSettings
from segmem.train.norms import estimate, norms, set_training


def batches(count=3):
    random = torch.Generator().manual_seed(1)
    return [
        torch.randint(0, 256, (2, 2, 3, 64, 64), dtype=torch.uint8, generator=random) for _ in range(count)
    ]


def test_frozen_norms_keep_their_statistics_in_training():
    model = nano()
    set_training(model, freeze_norm=True)
    before = [part.running_mean.clone() for part in norms(model)]
    model.encode(torch.randn(2, 3, 64, 64))
    assert model.training
    assert all(torch.equal(a, part.running_mean) for a, part in zip(before, norms(model), strict=True))
    set_training(model, freeze_norm=False)
    model.encode(torch.randn(2, 3, 64, 64))
    assert not torch.equal(before[0], norms(model)[0].running_mean)


def test_the_estimate_is_the_plain_mean_over_batches():
    model = nano()
    first = norms(model)[0]
    seen = []
    hook = first.register_forward_hook(lambda _part, inputs, _out: seen.append(inputs[0].mean(dim=(0, 2, 3))))
    estimate(model, batches())
    hook.remove()
    assert torch.allclose(first.running_mean, torch.stack(seen).mean(dim=0), atol=1e-5)


def test_the_estimate_forgets_what_was_there_and_leaves_the_rest():
    model, other = nano(), nano()
    for part in norms(other):
        nn.init.constant_(part.running_mean, 7.0)
    estimate(model, batches())
    estimate(other, batches())
    assert torch.equal(norms(model)[-1].running_var, norms(other)[-1].running_var)
    assert not model.training
    assert norms(model)[0].momentum is not None


def test_the_statistics_of_a_frozen_encoder_stay():
    encoder = PyramidSettings(trunk="lite0", stride=16, tuning="frozen")
    network = NANO_LAPG.model_copy(update={"encoder": encoder})
    model = nano_lapg(lapg=LapgSettings(network=network))
    model.requires_grad_(False)
    for parameter in model.base_parameters():
        parameter.requires_grad_()
    before = {name: value.clone() for name, value in model.state_dict().items() if "running_mean" in name}
    set_training(model, freeze_norm=False)
    model.encode(torch.randn(2, 3, 64, 64))
    estimate(model, batches(1))
    moved = {name for name, value in before.items() if not torch.equal(value, model.state_dict()[name])}
    assert moved == {name for name in before if not name.startswith("network.encoder.")}


def test_slices_are_seen_with_their_neighbours():
    network = NANO_LAPG.model_copy(update={"context": ContextSettings(attention=False, adjacent=True)})
    one, other = (nano_lapg(lapg=LapgSettings(network=network)) for _ in range(2))
    clips = batches(1)
    estimate(one, clips)
    estimate(other, [clips[0].flip(1)])  # the same slices with other neighbours
    assert not torch.equal(norms(one)[0].running_mean, norms(other)[0].running_mean)


def test_a_promptable_network_has_norms_in_its_encoder():
    light = NANO.model_copy(update={"network": NANO.network.model_copy(update={"trunk": "lite0"})})
    torch.manual_seed(0)
    model = build(light, ModelSpec(method="sam2", sam2=light))
    before = norms(model)[0].running_mean.clone()
    estimate(model.requires_grad_(), batches(1))
    assert not torch.equal(norms(model)[0].running_mean, before)
    assert not model.training
    features = [torch.zeros(1, 1, 4, 2, 2)]
    estimate(nano_litemedsam(), features)  # encoded before, so nothing is left to look at
