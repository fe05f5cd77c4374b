import pytest
import torch
from torch.nn import functional as F

from nano import randomised
from segmem.nn import strips
from segmem.nn.conv_norm import Bottleneck, ConvNorm


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


@pytest.mark.parametrize(("stride", "residual"), [(1, True), (1, False), (2, False)])
@torch.no_grad()
def test_a_bottleneck_is_three_convolutions(stride, residual, thin_strips):
    block = randomised(Bottleneck(4, 6, 4, stride, residual))
    x = torch.randn(2, 4, 7, 10)
    y = F.gelu(block.conv1.bn(block.conv1.c(x)))
    y = block.conv3.bn(block.conv3.c(F.gelu(block.conv2.bn(block.conv2.c(y)))))
    expected = F.gelu(x + y) if residual else y
    assert torch.allclose(block(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2), expected, atol=1e-5)
