from pathlib import Path

import pytest
import torch

from nano import NANO_LAPG, nano_lapg, nano_sam2
from segmem.core.errors import WeightsError
from segmem.memory import Support
from segmem.methods.from_sam2 import fill_from_sam2
from segmem.methods.lapg import LapgSettings
from segmem.methods.load import parts_of
from segmem.nn.lapg_settings import ClassDecoderSettings
from segmem.nn.lora import is_low_rank
from segmem.nn.memory_attention import MemoryAttentionSettings

ATTENTION = MemoryAttentionSettings(width=32, memory_width=16, layers=2, ffn=64)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A SAM2 as its own program saves it."""
    path = tmp_path / "sam2.pt"
    torch.save({"model": parts_of(nano_sam2()).state_dict()}, path)
    return path


def test_a_network_of_sam2_s_size_takes_all_that_both_have(checkpoint):
    network = NANO_LAPG.model_copy(
        update={
            "attention": ATTENTION,
            "decoder": ClassDecoderSettings(heads=8, mlp=64, channels=(16, 8)),
        }
    )
    model = nano_lapg(lapg=LapgSettings(network=network, policy=Support(pinned=2, recent=6), keys=2))
    taken = fill_from_sam2(model, checkpoint)
    assert len(taken) == 8
    theirs, ours = parts_of(nano_sam2()).state_dict(), model.state_dict()
    for mine, name in (
        ("network.encoder.image_encoder.", "trunk.patch_embed.proj.weight"),
        ("memory.memory_attention.", "layers.1.self_attn.q_proj.weight"),
        ("memory.temporal_code.", "maskmem_tpos_enc"),
    ):
        part = mine.split(".")[-2] + "." if "temporal" not in mine else ""
        assert torch.equal(ours[mine + name], theirs[part + name])


@torch.no_grad()
def test_the_encoder_then_says_what_sam2_s_says(checkpoint):
    model, frame = nano_lapg(), torch.randn(1, 3, 64, 64)
    assert fill_from_sam2(model, checkpoint) == ["image_encoder", "sam_prompt_encoder.pe_layer"]
    top, _ = model.network.encoder(frame)
    assert torch.allclose(top, nano_sam2().encode(frame).top, atol=1e-5)


@torch.no_grad()
def test_with_low_rank_changes_too(checkpoint):
    encoder = NANO_LAPG.encoder.model_copy(update={"tuning": "lora"})
    model = nano_lapg(lapg=LapgSettings(network=NANO_LAPG.model_copy(update={"encoder": encoder})))
    for name, parameter in model.named_parameters():
        if is_low_rank(name):
            parameter.zero_()
    fill_from_sam2(model, checkpoint)
    frame = torch.randn(1, 3, 64, 64)
    assert torch.allclose(model.network.encoder(frame)[0], nano_sam2().encode(frame).top, atol=1e-5)


def test_another_size_is_refused_and_nothing_is_touched(checkpoint):
    model = nano_lapg(lapg=LapgSettings(network=NANO_LAPG.model_copy(update={"width": 48})))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(WeightsError, match=r"image encoder is not this model's: \d+ tensors"):
        fill_from_sam2(model, checkpoint)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
