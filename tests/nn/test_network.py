import pytest
import torch

from segmem.core.errors import SettingsError
from segmem.nn.encoder_decoder import EncoderDecoder
from segmem.nn.network import make_network
from segmem.nn.network_settings import NetworkSettings
from segmem.nn.split_network import SplitNetwork


@pytest.mark.parametrize(
    "settings",
    [
        {"encoder": "resnet18", "at": "encoder.layer3"},
        {"library": "torchvision", "architecture": "lraspp_mobilenet_v3_large", "at": "backbone.16"},
        {
            "library": "monai",
            "architecture": "UNet",
            "at": "model.1.submodule.1.submodule",
            "options": {"channels": [8, 16, 32], "strides": [2, 2]},
        },
    ],
)
def test_a_library_and_a_layer_by_name(settings):
    network = make_network(NetworkSettings(**settings), 4)
    assert isinstance(network, SplitNetwork)
    frame = torch.randn(1, 3, 64, 96)
    assert network.decode(network.encode(frame)).shape == (1, 4, 64, 96)


def test_without_a_layer_a_feature_of_the_encoders_list_is_taken():
    assert isinstance(make_network(NetworkSettings(encoder="resnet18"), 2), EncoderDecoder)


def test_a_network_of_ones_own_is_handed_over():
    own = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 1), torch.nn.Conv2d(8, 2, 1))
    settings = NetworkSettings(library="own", architecture="Sequential", at="0")
    assert make_network(settings, 2, own).network is own


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            {"library": "torchvision", "architecture": "deeplab_resnet50", "at": "x"},
            "Did you mean 'deeplabv3",
        ),
        ({"library": "monai", "architecture": "SegResNett", "at": "x"}, "Did you mean 'SegResNet'"),
        ({"library": "torchvision", "architecture": "fcn_resnet50"}, "network.at: name the layer"),
        ({"library": "monai", "architecture": "UNet", "at": "x"}, "UNet cannot be built: .*channels"),
        ({"library": "own", "architecture": "Mine", "at": "x"}, r"segmem\.load\(path, network=my_network\)"),
        ({"encoder": "resnet18", "at": "encoder.layer9"}, r"no layer 'encoder\.layer9'.*encoder\.layer4"),
    ],
)
def test_what_is_not_there_is_named(settings, told):
    with pytest.raises(SettingsError, match=told):
        make_network(NetworkSettings(**settings), 3)


def test_another_number_of_classes():
    own = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 1), torch.nn.Conv2d(8, 5, 1))
    with pytest.raises(SettingsError, match="gives 5 classes and 2 are named"):
        make_network(NetworkSettings(library="own", at="0"), 2, own)
