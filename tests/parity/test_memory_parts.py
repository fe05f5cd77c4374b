"""Our memory attention and memory encoder against an independent implementation, at SAM2's size."""

import re

import pytest
import torch
from torch import Tensor

from nano import alive
from segmem.nn.memory_attention import MemoryAttention, MemoryAttentionSettings
from segmem.nn.memory_encoder import MemoryEncoder, MemoryEncoderSettings
from segmem.nn.positions import sine_grid

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

ATTENTION_NAMES = {r"\bnorm(\d)": r"layer_norm\1", r"^norm\.": "layer_norm.", r"out_proj": "o_proj"}
ENCODER_NAMES = {
    r"encoder\.0\.": "layers.0.conv.",
    r"encoder\.1\.": "layers.0.layer_norm.",
    r"encoder\.3\.": "layers.1.conv.",
    r"encoder\.4\.": "layers.1.layer_norm.",
    r"encoder\.6\.": "layers.2.conv.",
    r"encoder\.7\.": "layers.2.layer_norm.",
    r"encoder\.9\.": "layers.3.conv.",
    r"encoder\.10\.": "layers.3.layer_norm.",
    r"encoder\.12\.": "final_conv.",
    r"pix_feat_proj": "feature_projection",
    r"^fuser": "memory_fuser",
    r"dwconv": "depthwise_conv",
    r"pwconv": "pointwise_conv",
    r"\bnorm\.": "layer_norm.",
    r"gamma": "scale",
    r"^out_proj": "projection",
}


def renamed(state: dict[str, Tensor], names: dict[str, str]) -> dict[str, Tensor]:
    out = {}
    for key, value in state.items():
        for ours, theirs in names.items():
            key = re.sub(ours, theirs, key)  # noqa: PLW2901
        out[key] = value
    return out


@pytest.fixture(scope="module")
def config():
    from transformers import Sam2VideoConfig

    config = Sam2VideoConfig()
    config.memory_attention_rope_feat_sizes = [16, 16]
    config._attn_implementation = "eager"
    return config


@torch.no_grad()
def test_memory_attention_agrees_with_an_independent_implementation(config):
    from transformers.models.sam2_video.modeling_sam2_video import Sam2VideoMemoryAttention

    ours = alive(MemoryAttention(MemoryAttentionSettings()))
    theirs = Sam2VideoMemoryAttention(config).eval()
    theirs.load_state_dict(renamed(ours.state_dict(), ATTENTION_NAMES), strict=True)
    tokens, memory = torch.randn(2, 256, 256), torch.randn(2, 3 * 256, 64)
    position = torch.randn(2, 3 * 256, 64)

    got = ours(tokens, memory, position, (16, 16))

    expected = torch.stack(
        [
            theirs(
                tokens[b : b + 1].transpose(0, 1),
                memory[b : b + 1].transpose(0, 1),
                sine_grid((16, 16), 256)[:, None],
                position[b : b + 1].transpose(0, 1),
            ).reshape(256, 256)
            for b in range(2)
        ]
    )
    assert (got - expected).abs().max() < 1e-5


@torch.no_grad()
def test_memory_encoder_agrees_with_an_independent_implementation(config):
    from transformers.models.sam2_video.modeling_sam2_video import Sam2VideoMemoryEncoder

    ours = alive(MemoryEncoder(MemoryEncoderSettings()))
    theirs = Sam2VideoMemoryEncoder(config).eval()
    theirs.load_state_dict(renamed(ours.state_dict(), ENCODER_NAMES), strict=True)
    features, mask = torch.randn(2, 256, 12, 20), torch.randn(2, 1, 192, 320) * 5

    got = ours(features, mask)

    expected, position = theirs(features, mask)
    assert (got - expected).abs().max() < 1e-5
    assert (sine_grid((12, 20), 64) - position[0].flatten(1).T).abs().max() < 1e-5
