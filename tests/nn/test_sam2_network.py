from dataclasses import replace

import pytest
import torch

from checkpoints import older
from nano import enliven, nano_sam2
from segmem.memory import Memory
from segmem.methods.sam2 import NANO
from segmem.nn.promptable import ABSENT
from segmem.nn.sam2_network import Sam2Network

GRID, WIDTH, MEMORY = (4, 6), 32, 16
CELLS = GRID[0] * GRID[1]


@pytest.fixture(scope="module")
def network() -> Sam2Network:
    return nano_sam2().get_submodule("network").requires_grad_(False)


@pytest.fixture(scope="module")
def first_version() -> Sam2Network:
    network = Sam2Network(older().network).eval().requires_grad_(False)
    enliven(network)
    return network


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def remembered(
    rows: int = 1, frames: int = 3, tokens: int = CELLS, width: int = MEMORY, seed: int = 1
) -> Memory:
    """Ages and ranks count up from the last frame."""
    age = torch.arange(1, frames + 1).expand(rows, frames)
    valid = torch.ones(rows, frames, dtype=torch.bool)
    return Memory(noise(rows, frames, tokens, width, seed=seed), age, age - 1, valid)


def pointing(rows: int = 1, frames: int = 2, seed: int = 2) -> Memory:
    return remembered(rows, frames, 1, WIDTH, seed)


def some(memory: Memory, index: slice | list[int]) -> Memory:
    """Only some of its frames."""
    parts = memory.tokens, memory.age, memory.rank, memory.valid
    return Memory(*(part[:, index] for part in parts))


def test_features_lie_at_strides_sixteen_four_and_eight(network):
    features = network.encode(noise(2, 3, 64, 96))
    assert features.top.shape == (2, WIDTH, *GRID)
    assert [tuple(skip.shape) for skip in features.skips] == [(2, 4, 16, 24), (2, 8, 8, 12)]


def test_the_first_version_lacks_the_codes_of_the_second(network, first_version):
    new, old = (set(each.state_dict()) for each in (network, first_version))
    assert new - old == {"no_obj_embed_spatial", "obj_ptr_tpos_proj.weight", "obj_ptr_tpos_proj.bias"}
    assert old < new


def test_a_frame_alone_is_told_so_in_every_cell(network):
    top = noise(2, WIDTH, *GRID)
    added = network.alone(top) - top
    assert torch.allclose(added, network.no_mem_embed.view(1, WIDTH, 1, 1).expand_as(added), atol=1e-6)


def test_memories_are_told_apart_by_rank_and_not_by_slot(network):
    top, memory = noise(1, WIDTH, *GRID), remembered()
    looked = network.attend(top, memory, None, 4)
    moved = network.attend(top, some(memory, [2, 0, 1]), None, 4)
    assert torch.allclose(moved, looked, atol=1e-5)
    other = network.attend(top, replace(memory, rank=memory.rank.flip(1)), None, 4)
    assert not torch.allclose(other, looked, atol=1e-3)


def test_what_is_not_valid_is_not_seen(network):
    top, memory, pointers = noise(1, WIDTH, *GRID), remembered(), pointing()
    valid = torch.tensor([[True, False, True]])
    blind = network.attend(
        top, replace(memory, valid=valid), replace(pointers, valid=torch.tensor([[False, True]])), 4
    )
    without = network.attend(top, some(memory, [0, 2]), some(pointers, [1]), 4)
    assert torch.allclose(blind, without, atol=1e-5)
    assert not torch.allclose(blind, network.attend(top, memory, pointers, 4), atol=1e-3)


def test_pointers_are_read_beside_memory(network):
    top, memory = noise(1, WIDTH, *GRID), remembered()
    plain = network.attend(top, memory, None, 4)
    assert torch.equal(network.attend(top, memory, some(pointing(), []), 4), plain)
    assert not torch.allclose(network.attend(top, memory, pointing(), 4), plain, atol=1e-3)


def test_a_pointer_s_age_is_told_as_a_share_of_the_horizon(network):
    top, memory, pointers = noise(1, WIDTH, *GRID), remembered(), pointing()

    def looked(age: list[int], horizon: int) -> torch.Tensor:
        return network.attend(top, memory, replace(pointers, age=torch.tensor([age])), horizon)

    assert torch.allclose(looked([1, 2], 5), looked([2, 4], 9), atol=1e-6)
    assert not torch.allclose(looked([1, 2], 5), looked([2, 4], 5), atol=1e-4)
    assert looked([0, 0], 1).isfinite().all()


def test_in_the_first_version_a_pointer_has_no_age(first_version):
    top, memory, pointers = noise(1, WIDTH, *GRID), remembered(), pointing()
    one, other = (
        first_version.attend(top, memory, replace(pointers, age=torch.tensor([age])), 5)
        for age in ([1, 2], [3, 4])
    )
    assert torch.equal(one, other)


def test_objects_on_one_image_look_back_each_at_their_own(network):
    tops, memory, pointers = noise(2, WIDTH, *GRID), remembered(4), pointing(4)
    together = network.attend(tops, memory, pointers, 4)
    assert together.shape == (4, WIDTH, *GRID)
    for row in range(4):
        own = (
            Memory(each.tokens[[row]], each.age[[row]], each.rank[[row]], each.valid[[row]])
            for each in (memory, pointers)
        )
        alone = network.attend(tops[[row // 2]], *own, 4)
        assert torch.allclose(together[[row]], alone, atol=1e-5)


def prompted(network, rows: int = 2, **changes):
    features = network.encode(noise(1, 3, 64, 96))
    points = torch.tensor([[[10.0, 8.0, 2.0], [50.0, 44.0, 3.0]], [[30.0, 20.0, 2.0], [90.0, 60.0, 3.0]]])
    given = {"points": points[:rows], "multimask": False} | changes
    return network.decode(features.top.expand(rows, -1, -1, -1), features.skips, **given)


def test_an_absent_object_has_no_pixel(network):
    head = network.sam_mask_decoder.pred_obj_score_head.layers[2].bias
    there = prompted(network)
    assert there.logits.shape == (2, 1, 16, 24)
    assert (there.presence > 0).all()
    assert (there.logits > ABSENT).all()
    before, head.data = head.data, torch.tensor([-20.0])
    try:
        absent = prompted(network)
    finally:
        head.data = before
    assert (absent.presence < 0).all()
    assert (absent.logits == ABSENT).all()
    assert torch.equal(absent.token, there.token)


def test_rows_on_one_image_are_decoded_as_each_alone(network):
    both = prompted(network)
    features = network.encode(noise(1, 3, 64, 96))
    box = torch.tensor([[[30.0, 20.0, 2.0], [90.0, 60.0, 3.0]]])
    alone = network.decode(features.top, features.skips, box, multimask=False)
    assert torch.allclose(both.logits[1:], alone.logits, atol=1e-4)
    assert torch.allclose(both.quality[1:], alone.quality, atol=1e-5)


def test_points_are_places_in_pixels_of_the_input(network):
    """The code of a pixel depends on its share of the grid's 64 x 96 pixels alone."""
    heard = []
    encoder = network.sam_prompt_encoder
    hook = encoder.pe_layer.register_forward_pre_hook(lambda _, given: heard.append(given[0]))
    try:
        prompted(network, 1, points=torch.tensor([[[47.5, 15.5, 1.0]]]))
    finally:
        hook.remove()
    assert heard[0][0, 0].tolist() == [0.5, 0.25]
    assert heard[0].shape[1] == 2, "one point that says nothing follows"


def test_an_earlier_answer_and_several_meanings_change_the_mask(network):
    plain = prompted(network)
    assert not torch.allclose(prompted(network, mask=plain.logits).logits, plain.logits, atol=1e-3)
    assert not torch.allclose(prompted(network, multimask=True).token, plain.token, atol=1e-3)


def test_a_mask_becomes_a_prompt_of_a_quarter_of_its_size(network):
    assert network.mask_prompt(torch.ones(3, 1, 64, 96)).shape == (3, 1, 16, 24)


def test_pointers_of_absent_objects_are_all_the_same(network):
    token = noise(3, WIDTH)
    made = network.pointer(token, torch.tensor([1.0, -1.0, 0.0]))
    assert torch.equal(made[0], network.obj_ptr_proj(token)[0])
    assert torch.equal(made[1:], network.no_obj_ptr.expand(2, -1))


def test_memories_of_frames_without_the_object_are_marked_in_the_second_version_only(network, first_version):
    top, mask = noise(1, WIDTH, *GRID), noise(2, 1, 64, 96) * 10
    sizes = []
    for version, code in ((network, network.no_obj_embed_spatial), (first_version, torch.zeros(1, MEMORY))):
        there, away = (
            version.memorise(top, mask, torch.tensor([1.0, 1.0])),
            version.memorise(top, mask, torch.tensor([1.0, -1.0])),
        )
        sizes.append(there.shape)
        assert torch.equal(away[0], there[0])
        assert torch.allclose(away[1], there[1] + code, atol=1e-6)
    assert sizes == [(2, CELLS, MEMORY)] * 2


def test_what_memory_needs_is_told_before_it_is_made(network):
    top = noise(1, WIDTH, *GRID)
    assert network.mask_size(top) == (64, 96)
    made = network.memorise(top, torch.zeros(1, 1, 64, 96), torch.ones(1))
    assert network.memory_numbers(top) == made.numel()


def test_the_memory_s_parameters_are_its_attention_its_encoder_its_pointers_and_its_codes(network):
    names = {id(parameter): name for name, parameter in network.named_parameters()}
    found = {names[id(parameter)].split(".")[0] for parameter in network.memory_parameters()}
    pointers = {"obj_ptr_proj", "obj_ptr_tpos_proj"}
    assert found == {"memory_attention", "memory_encoder", "maskmem_tpos_enc", "no_mem_embed", *pointers}


def test_the_nano_size_is_every_part_in_few_weights():
    assert sum(parameter.numel() for parameter in Sam2Network(NANO.network).parameters()) < 700_000
