import re

import pytest
import torch
from torch import Tensor

from segmem.core.errors import WeightsError
from segmem.nn.attention import RotaryAttention
from segmem.nn.hiera import HIERA_SIZES
from segmem.nn.mask_decoder import MaskDecoder, MaskDecoderSettings
from segmem.nn.memory_attention import MemoryAttentionSettings
from segmem.nn.sam2_network import Sam2Network, Sam2NetworkSettings
from segmem.nn.upstream import (
    FREQUENCIES,
    HF_FREQUENCIES,
    HF_POINTS,
    POINTS,
    SAM1,
    SAM2_HF,
    family,
    from_official,
    to_official,
)

SMALL = Sam2NetworkSettings(
    encoder=HIERA_SIZES["nano"],
    attention=MemoryAttentionSettings(width=32, memory_width=16, layers=2, ffn=64),
    decoder=MaskDecoderSettings(width=32, heads=2, mlp=64),
)
JOINED = {FREQUENCIES, *(POINTS.format(i) for i in range(4))}
HF_JOINED = {HF_POINTS, *HF_FREQUENCIES}
OLD = SMALL.model_copy(update={"pointer_time": False, "absent_code": False})


def filled(network: torch.nn.Module) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {name: torch.randn(t.shape, generator=generator) for name, t in network.state_dict().items()}


def rules(name: str, patterns: list[str]) -> int:
    forms = (re.escape(p).replace(r"\#", r"\d+").replace(r"\*", "(weight|bias)") for p in patterns)
    return sum(bool(re.fullmatch(form, name)) for form in forms)


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)


@pytest.mark.parametrize("settings", [SMALL, OLD], ids=["2.1", "2.0"])
@pytest.mark.parametrize("layout", ["sam2", "sam2-hf"])
def test_a_file_through_our_network_comes_back_bit_for_bit(settings, layout):
    network = Sam2Network(settings)
    original = from_official(filled(network), layout)
    network.load_state_dict(to_official(original))
    assert_same(from_official(network.state_dict(), layout), original)


def test_the_network_holds_rotary_rows_in_another_order_than_the_file():
    attention = RotaryAttention(8)
    original = filled(attention)
    attention.load_state_dict(original)
    assert not torch.equal(attention.q_proj.weight, original["q_proj.weight"])
    assert_same(attention.state_dict(), original)


def test_sam1s_decoder_comes_back_bit_for_bit():
    switched_off = {"high_res": False, "presence": False, "quality_sigmoid": False}
    decoder = MaskDecoder(MaskDecoderSettings(width=32, heads=2, mlp=64, **switched_off))
    ours = {f"mask_decoder.{name}": value for name, value in filled(decoder).items()}
    ours["image_encoder.patch_embed.seq.0.c.weight"] = torch.ones(1)
    original = from_official(ours, "litemedsam")
    assert "mask_decoder.transformer.layers.1.mlp.lin2.bias" in original
    assert_same(to_official(original), ours)


@pytest.mark.parametrize("pairs", [SAM1, SAM2_HF])
def test_no_two_rules_of_a_map_meet(pairs):
    ours, theirs = zip(*pairs, strict=True)
    assert len(set(ours)) == len(ours)
    assert len(set(theirs)) == len(theirs)
    assert all(a.count("#") == b.count("#") and a.count("*") == b.count("*") for a, b in pairs)


def test_every_name_of_our_network_has_a_rule_both_ways():
    ours = filled(Sam2Network(SMALL))
    theirs = from_official(ours, "sam2-hf")
    assert all(rules(name, [a for a, _ in SAM2_HF]) == 1 for name in ours if name not in JOINED)
    assert all(rules(name, [b for _, b in SAM2_HF]) == 1 for name in theirs if name not in HF_JOINED)


def test_a_name_no_map_knows_stays_to_be_told_of():
    strange = {"vision_encoder.neck.convs.0.weight": torch.ones(1), "vision_encoder.extra": torch.ones(1)}
    assert set(to_official(strange)) == {"image_encoder.neck.convs.0.conv.weight", "vision_encoder.extra"}


def test_either_copy_of_the_random_frequencies_will_do_but_both_must_agree():
    hf = from_official(filled(Sam2Network(SMALL)), "sam2-hf")
    for copy in HF_FREQUENCIES:
        one = {name: value for name, value in hf.items() if name != copy}
        assert_same(to_official(one), to_official(hf))
    hf[HF_FREQUENCIES[0]] = hf[HF_FREQUENCIES[0]] + 1
    with pytest.raises(WeightsError, match="must be copies"):
        to_official(hf)


def test_point_embeddings_with_one_missing_are_not_joined():
    ours = filled(Sam2Network(SMALL))
    del ours["sam_prompt_encoder.point_embeddings.2.weight"]
    assert HF_POINTS not in from_official(ours, "sam2-hf")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("image_encoder.trunk.pos_embed", "sam2"),
        ("sam_mask_decoder.iou_token.weight", "sam2"),
        ("vision_encoder.backbone.pos_embed", "sam2-hf"),
        ("image_encoder.patch_embed.seq.0.c.weight", "litemedsam"),
        ("image_encoder.blocks.3.attn.rel_pos_h", "sam1"),
        ("memory.attention.norm.weight", "segmem"),
        ("base.network.encoder.conv.weight", "segmem"),
        ("layer1.0.conv1.weight", None),
    ],
)
def test_a_family_is_known_by_its_names(name, expected):
    assert family({name: torch.ones(1)}) == expected


def test_nothing_is_of_no_family():
    assert family({}) is None
