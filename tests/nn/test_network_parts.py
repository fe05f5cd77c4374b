import pytest

from nano import nano_litemedsam, nano_sam2
from segmem.nn.network_parts import PARTS, parameters_of, part_of


@pytest.mark.parametrize("make", [nano_litemedsam, nano_sam2])
def test_each_parameter_is_of_one_part(make):
    network = make().get_submodule("network")
    parts = [{id(p) for p in parameters_of(network, part)} for part in PARTS]
    assert sum(map(len, parts)) == len({id(p) for p in network.parameters()})
    assert len(set.union(*parts)) == sum(map(len, parts))


@pytest.mark.parametrize("make", [nano_litemedsam, nano_sam2])
def test_what_looks_back_is_a_part_of_memory_and_makes_no_entries(make):
    network = make().get_submodule("network")
    names = {id(p): name for name, p in network.named_parameters()}
    attention = {names[id(p)] for p in parameters_of(network, "attention")}
    assert attention
    assert attention < {names[id(p)] for p in parameters_of(network, "memory")}
    assert not any("memory_encoder" in name or "project" in name for name in attention)


def test_parts_are_known_by_the_published_names():
    names = {
        "base.image_encoder.layers.0.adapter.up.weight": "adapters",
        "image_encoder.trunk.blocks.0.norm1.weight": "encoder",
        "sam_prompt_encoder.no_mask_embed.weight": "prompts",
        "base.mask_decoder.iou_token.weight": "decoder",
        "base.mask_reader.mask_decoder.iou_token.weight": "masks",
        "across.reader.code": "cases",
        "memory_attention.layers.0.norm1.weight": "memory",
    }
    assert {name: part_of(name) for name in names} == names
