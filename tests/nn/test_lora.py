import torch
from torch import nn

from segmem.nn.lora import LowRankLinear, add_low_rank, is_low_rank


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 6), nn.Sequential(nn.ReLU(), nn.Linear(6, 3, bias=False)))


@torch.no_grad()
def test_it_begins_as_the_layer_itself():
    net, x = network(), torch.randn(2, 4)
    plain = net(x)
    add_low_rank(net, 2)
    assert torch.equal(net(x), plain)
    assert sum(isinstance(part, LowRankLinear) for part in net.modules()) == 2


@torch.no_grad()
def test_the_change_is_a_product_of_two_narrow_matrices():
    layer = LowRankLinear(nn.Linear(2, 2), 1)
    layer.weight.copy_(torch.eye(2))
    layer.bias.zero_()
    layer.lora_a.copy_(torch.tensor([[1.0, 2.0]]))
    layer.lora_b.copy_(torch.tensor([[10.0], [100.0]]))
    assert layer(torch.tensor([3.0, 4.0])).tolist() == [3 + 110, 4 + 1100]


def test_weights_of_the_plain_network_still_fit():
    plain, net = network(), network()
    add_low_rank(net, 2)
    missing, unexpected = net.load_state_dict(plain.state_dict(), strict=False)
    assert not unexpected
    assert all(is_low_rank(name) for name in missing)
    assert len(missing) == 4


def test_only_the_narrow_matrices_need_learn():
    net = network()
    add_low_rank(net, 2)
    for name, parameter in net.named_parameters():
        parameter.requires_grad_(is_low_rank(name))
    optimiser = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=0.1)
    for _ in range(2):
        optimiser.zero_grad()
        net(torch.randn(5, 4)).square().sum().backward()
        optimiser.step()
    assert all((p.grad is None) != is_low_rank(name) for name, p in net.named_parameters())
    assert all(p.grad.abs().sum() > 0 for p in net.parameters() if p.requires_grad)
