import warnings

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from segmem.core.errors import SettingsError, UsageError
from segmem.nn.split_network import SplitNetwork

SIZE = (64, 96)


def image(count=2):
    return torch.randn(count, 3, *SIZE, generator=torch.Generator().manual_seed(1))


def same_as_whole(network, at, size=SIZE):
    """The network split at a layer, once it answers as the whole one does."""
    torch.manual_seed(0)
    network = network.eval()
    split = SplitNetwork(network, at, size)
    frame = image(3)
    whole = network(frame)
    whole = whole["out"] if isinstance(whole, dict) else whole
    assert torch.allclose(
        split.decode(split.encode(frame)), F.interpolate(whole, SIZE, mode="bilinear"), atol=1e-5
    )
    return split, frame


class Knotted(nn.Module):
    """Python, in-place glue, shared and containered modules, a dict out: what a tracer would stumble on."""

    def __init__(self):
        super().__init__()
        self.stem, self.act = nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(inplace=True)
        self.shift = nn.Parameter(torch.randn(8, 1, 1))
        self.stages = nn.ModuleList([nn.Conv2d(8, 8, 3, 1, 1), nn.Conv2d(8, 16, 3, 2, 1)])
        self.side = nn.Conv2d(8, 4, 1)
        self.head = nn.Conv2d(20, 5, 1)
        self.runs = []

    def forward(self, x):
        y = self.stem(x)
        y += self.shift
        y = self.act(y)
        for stage in self.stages:
            self.runs.append(stage)
            y = self.act(stage(y)) if y.mean() > -1e9 else y
        side = self.side(self.stem(x))
        both = torch.cat([y, F.avg_pool2d(side, 2)], dim=1)
        return {"aux": None, "out": F.interpolate(self.head(both), scale_factor=2)}


@pytest.mark.parametrize("at", ["stem", "stages.0", "stages.1", "side", "head"])
def test_a_network_no_tracer_would_follow(at):
    if at == "stem":
        with pytest.raises(UsageError, match="more than once"):
            SplitNetwork(Knotted(), at, SIZE)
        return
    split, frame = same_as_whole(Knotted(), at)
    assert split.channels == {"stages.0": 8, "stages.1": 16, "side": 4, "head": 5}[at]
    assert split.decode(split.encode(frame)).shape == (3, 5, *SIZE)


def test_the_given_feature_takes_the_layers_place_and_gradients_reach_both_sides():
    from dataclasses import replace

    torch.manual_seed(0)
    network = Knotted()
    split = SplitNetwork(network, "stages.1", SIZE)
    features = split.encode(image())
    plain = split.decode(features)
    changed = split.decode(replace(features, top=features.top + 1))
    assert not torch.allclose(plain, changed)
    changed.sum().backward()
    assert network.stages[0].weight.grad is not None
    assert network.head.weight.grad is not None


def test_no_module_before_the_layer_is_run_twice():
    network = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 1), nn.Conv2d(4, 2, 1))
    split = SplitNetwork(network, "1", SIZE)
    runs = []
    for name, module in network.named_children():
        module.register_forward_pre_hook(lambda *_, name=name: runs.append(name))
    conv = network[0]._conv_forward
    network[0]._conv_forward = lambda *given: runs.append("computed") or conv(*given)
    split.decode(split.encode(image()))
    assert runs.count("computed") == 1


def test_a_clips_features_can_be_taken_apart_along_the_first_axis():
    split, frame = same_as_whole(Knotted(), "stages.1")
    features = split.encode(frame)
    one = type(features)(features.top[1:2], tuple(skip[1:2] for skip in features.skips))
    assert torch.allclose(split.decode(one), split.decode(features)[1:2], atol=1e-5)


def test_modes_and_forwards_are_as_before():
    network = Knotted().train()
    network.stages[0].eval()
    SplitNetwork(network, "stages.1", SIZE)
    assert network.training
    assert not network.stages[0].training
    assert all("forward" not in module.__dict__ for module in network.modules())


@pytest.mark.parametrize(
    ("name", "at"),
    [("deeplabv3_mobilenet_v3_large", "backbone.16"), ("lraspp_mobilenet_v3_large", "backbone.16")],
)
def test_torchvisions(name, at):
    from torchvision.models import segmentation

    network = getattr(segmentation, name)(weights=None, weights_backbone=None, num_classes=4)
    split, _ = same_as_whole(network, at)
    assert (split.classes, split.channels) == (4, 960)


@pytest.mark.parametrize(
    ("name", "at", "options"),
    [
        (
            "UNet",
            "model.1.submodule.1.submodule",
            {"channels": (8, 16, 32), "strides": (2, 2), "num_res_units": 1},
        ),
        ("BasicUNet", "down_4", {"features": (8, 8, 16, 16, 32, 8)}),
        ("SegResNet", "down_layers.2", {"init_filters": 8, "blocks_down": (1, 1, 1), "blocks_up": (1, 1)}),
        ("AttentionUnet", "model.1.submodule.1.submodule", {"channels": (8, 16, 32), "strides": (2, 2)}),
        ("FlexibleUNet", "encoder", {"backbone": "efficientnet-b0"}),
    ],
)
def test_monais(name, at, options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MONAI's own, at import
        from monai.networks import nets
    sides = {"in_channels": 3, "out_channels": 4} | ({} if name == "FlexibleUNet" else {"spatial_dims": 2})
    network = getattr(nets, name)(**sides, **options)
    if name == "FlexibleUNet":
        with pytest.raises(UsageError, match="feature map"):
            SplitNetwork(network, at, SIZE)
        return
    assert same_as_whole(network, at)[0].classes == 4


def test_a_layer_that_is_not_there_names_the_nearest():
    with pytest.raises(SettingsError, match=r"no layer 'stages\.7'. Some that it has: .*stages\.1"):
        SplitNetwork(Knotted(), "stages.7", SIZE)


def test_a_layer_that_is_never_run():
    network = Knotted()
    network.spare = nn.Conv2d(1, 1, 1)
    with pytest.raises(UsageError, match="does not run"):
        SplitNetwork(network, "spare", SIZE)


def test_wrappers_are_taken_off():
    split = SplitNetwork(nn.DataParallel(Knotted()), "stages.1", SIZE)
    assert isinstance(split.network, Knotted)


def test_another_way_through_the_network_is_refused():
    class Fickle(Knotted):
        def forward(self, x):
            return super().forward(x if x.shape[0] < 3 else self.act(x))

    split = SplitNetwork(Fickle().eval(), "stages.1", SIZE)
    with pytest.raises(UsageError, match="does other things"):
        split.encode(image(3))
