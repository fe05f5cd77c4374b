import numpy as np
import pytest
import torch
from torch import nn

import segmem
from segmem.core.errors import SettingsError
from segmem.methods.load import save
from segmem.methods.tmam import TmamSettings
from segmem.nn.memory_attention import MemoryAttentionSettings
from segmem.ops.fit import FitSettings

SMALL = TmamSettings(attention=MemoryAttentionSettings(width=16, memory_width=8, layers=1, ffn=32))


class Mine(nn.Module):
    def __init__(self, classes=3):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(3, 8, 3, 4, 1), nn.ReLU(), nn.Conv2d(8, 12, 3, 4, 1))
        self.head = nn.Conv2d(12, classes, 1)

    def forward(self, x):
        return self.head(self.encoder(x).relu())


def clip(frames=4):
    return torch.randint(0, 256, (frames, 3, 48, 64), dtype=torch.uint8)


def mine(**changes):
    torch.manual_seed(0)
    return segmem.tmam(Mine(), at="encoder.2", **{"memory": SMALL, "fit": FitSettings(longest=64)} | changes)


def test_a_network_of_ones_own_answers_as_before_until_the_memory_is_trained():
    model = mine()
    whole = model.network.network
    for seen, (prediction, _) in zip(clip(), segmem.stream(model, clip()), strict=False):
        del seen
        assert prediction.logits.shape == (1, 3, 48, 64)
    frame = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        state = segmem.State.start()
        for _ in range(3):
            prediction, state = model.step(frame, state)
        expected = nn.functional.interpolate(whole(frame), (64, 64), mode="bilinear")
    assert torch.allclose(prediction.logits, expected, atol=1e-5)


def test_its_classes_are_counted_or_named():
    assert mine().spec.classes == ("background", "class 1", "class 2")
    assert mine(classes=("background", "a", "b")).spec.classes[1] == "a"
    with pytest.raises(SettingsError, match="gives 3 classes and 2 are named"):
        mine(classes=("background", "a"))


def test_one_channel_is_a_class_and_a_background():
    model = segmem.tmam(Mine(classes=1), at="encoder.2", memory=SMALL, fit=FitSettings(longest=64))
    assert model.spec.classes == ("background", "class 1")
    labels = next(iter(segmem.stream(model, clip())))[0].labels
    assert set(np.unique(labels.numpy())) <= {0, 1}


def test_it_is_saved_and_loaded_with_the_network_handed_over(tmp_path):
    model = mine()
    nn.init.normal_(model.memory.back.weight)
    save(model, tmp_path / "mine.safetensors")
    with pytest.raises(SettingsError, match=r"network of your own \(Mine\)"):
        segmem.load(tmp_path / "mine.safetensors")
    again = segmem.load(tmp_path / "mine.safetensors", network=Mine())
    frame = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        a, b = (m.step(frame, segmem.State.start())[0].logits for m in (model, again))
    assert torch.allclose(a, b, atol=0.05)


@pytest.mark.parametrize("variant", ["segmem", "paper", "released"])
def test_every_variant_goes_around_it(variant):
    from segmem.methods.tmam import VARIANTS

    small = {"width": 16, "memory_width": 8, "layers": 1, "ffn": 32}
    changes = {"attention": small} | ({"grid": 8} if VARIANTS[variant].get("grid") else {})
    model = mine(memory=TmamSettings(variant=variant, **changes))
    with torch.no_grad():
        state = segmem.State.start()
        for _ in range(3):
            prediction, state = model.step(torch.randn(2, 3, 64, 64), state)
    assert prediction.logits.isfinite().all()
    assert state.memory.tokens.shape[0] == 2


def test_weights_of_a_memory_come_from_a_trained_model(tmp_path):
    first = mine()
    nn.init.normal_(first.memory.memory_encoder.out_proj.weight)
    save(first, tmp_path / "first.safetensors")
    second = mine(weights=tmp_path / "first.safetensors")
    ours, theirs = (m.memory.memory_encoder.out_proj.weight for m in (first, second))
    assert torch.allclose(ours, theirs, atol=0.02)
