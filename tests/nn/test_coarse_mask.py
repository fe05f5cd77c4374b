import pytest
import torch

from segmem.nn.coarse_mask import CoarseMask, box_of


def parts() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Two embeddings, attention's answer for four objects on them, and what was found of each."""
    random = torch.Generator().manual_seed(0)
    top, looked = torch.randn(2, 6, 8, 12, generator=random), torch.randn(4, 5, 4, 6, generator=random)
    return top, looked, torch.rand(4, 1, 8, 12, generator=random)


@torch.no_grad()
def test_before_it_learns_the_mask_is_what_was_found():
    top, looked, found = parts()
    logits = CoarseMask(6, 5, 4)(top, looked, found)
    assert torch.allclose(logits.sigmoid(), found, atol=1e-3)


@torch.no_grad()
def test_what_is_certain_stays_finite():
    top, looked, _ = parts()
    certain = torch.zeros(4, 1, 8, 12)
    certain[..., :4] = 1
    logits = CoarseMask(6, 5, 4)(top, looked, certain)
    assert logits.isfinite().all()
    assert torch.equal(logits > 0, certain > 0)


@torch.no_grad()
def test_in_half_precision_too():
    top, looked, found = parts()
    certain = (found > 0.5).float()
    with torch.autocast("cpu", torch.bfloat16):
        logits = CoarseMask(6, 5, 4)(top.bfloat16(), looked.bfloat16(), certain)
    assert logits.isfinite().all()
    assert torch.equal(logits > 0, certain > 0)


@pytest.mark.parametrize("part", [0, 1, 2])
@torch.no_grad()
def test_once_it_has_learnt_every_part_is_heard_by_its_own_object_alone(part):
    torch.manual_seed(0)
    head = CoarseMask(6, 5, 4)
    torch.nn.init.normal_(head.correct.weight)
    given = list(parts())
    before = head(*given)
    given[part] = given[part].clone()
    given[part][0] = given[part][0].flip(-1)
    changed = [not torch.equal(a, b) for a, b in zip(before, head(*given), strict=True)]
    assert changed == ([True, True, False, False] if part == 0 else [True, False, False, False])


def test_the_box_reaches_around_all_that_is_inside_to_the_cells_edges():
    mask = torch.full((2, 1, 4, 6), -1.0)
    mask[0, 0, 1, 2], mask[0, 0, 2, 4] = 1, 1
    mask[1, 0, 3, 5] = 1
    box, there = box_of(mask, (64, 96))
    assert box.tolist() == [[32, 16, 80, 48], [80, 48, 96, 64]]
    assert there.tolist() == [True, True]


def test_the_box_of_nothing_is_the_whole_image():
    box, there = box_of(torch.zeros(1, 1, 4, 6), (64, 96))
    assert box.tolist() == [[0, 0, 96, 64]]
    assert there.tolist() == [False]
