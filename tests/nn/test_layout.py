import torch
from torch import nn

from segmem.nn.layout import channels_last


def test_convolutions_of_images_are_laid_out_and_those_over_time_left():
    module = nn.ModuleList([nn.Conv2d(4, 8, 3), nn.Conv3d(4, 8, 3), nn.Linear(4, 8)])
    before = {name: value.clone() for name, value in module.state_dict().items()}
    assert channels_last(module) is module
    assert module[0].weight.is_contiguous(memory_format=torch.channels_last)
    assert module[1].weight.is_contiguous()
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
