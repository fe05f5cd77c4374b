import torch

from segmem.nn.perceptron import Perceptron


def test_layers_are_named_as_sam_names_them():
    shapes = {name: tuple(value.shape) for name, value in Perceptron(4, 8, 3, 3).state_dict().items()}

    assert shapes["layers.0.weight"] == (8, 4)
    assert shapes["layers.1.weight"] == (8, 8)
    assert shapes["layers.2.weight"] == (3, 8)


def test_negative_values_stop_between_layers_only():
    network = Perceptron(1, 1, 1, 2)
    for parameter in network.parameters():
        torch.nn.init.constant_(parameter, -1.0)

    out = network(torch.tensor([[3.0], [-3.0]]))  # -3 - 1 is cut to 0; 3 - 1 is 2

    assert out.flatten().tolist() == [-1.0, -3.0]


def test_a_sigmoid_keeps_the_output_between_0_and_1():
    out = Perceptron(4, 8, 3, 1, sigmoid=True)(torch.randn(50, 4) * 100)
    assert out.min() >= 0 and out.max() <= 1
