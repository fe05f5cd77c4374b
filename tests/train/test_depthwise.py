import torch
from torch import nn

from segmem.train.depthwise import depthwise_in_float32, is_depthwise


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 8, 1), nn.Conv2d(8, 8, 3, padding=1, groups=8), nn.Conv2d(8, 2, 1))


def test_only_a_filter_for_each_channel_is_depthwise():
    assert [is_depthwise(part) for part in network()] == [False, True, False]
    assert not is_depthwise(nn.Conv2d(1, 1, 3))
    assert not is_depthwise(nn.Conv2d(8, 8, 3, groups=2))


def test_they_multiply_in_float32_and_give_back_the_type_they_were_given():
    model, x = network(), torch.randn(2, 3, 6, 6)
    exact = model[1](model[0](x).bfloat16().float()).bfloat16()
    with torch.autocast("cpu", torch.bfloat16), depthwise_in_float32(model):
        given = model[0](x)
        found = model[1](given)
    assert given.dtype == found.dtype == torch.bfloat16
    assert torch.allclose(found.float(), exact.float(), atol=2e-2)


def test_gradients_pass_and_the_model_is_as_before_afterwards():
    model, x = network(), torch.randn(2, 3, 6, 6)
    before = model(x)
    with torch.autocast("cpu", torch.bfloat16), depthwise_in_float32(model):
        model(x).float().sum().backward()
    assert model[1].weight.grad is not None and model[1].weight.grad.abs().sum() > 0
    assert "forward" not in model[1].__dict__
    assert torch.equal(model(x), before)


def test_where_it_is_not_wanted_nothing_changes():
    model = network()
    with depthwise_in_float32(model, wanted=False):
        assert "forward" not in model[1].__dict__


def test_a_forward_that_somebody_put_there_is_run_and_stays():
    model, x = network(), torch.randn(2, 3, 6, 6)
    given = model[1].forward
    model[1].forward = twice = lambda y: 2 * given(y)
    expected = model(x)
    with depthwise_in_float32(model):
        assert torch.allclose(model(x), expected, atol=1e-5)
    assert model[1].forward is twice
