import torch
from hypothesis import given
from hypothesis import strategies as st

from segmem.ops.rough_mask import SURE, cell_of, middle, rough_mask


def test_a_rough_mask_names_the_cells_that_the_object_covers_in_good_part():
    mask = torch.zeros(32, 48)
    mask[:16, :16] = 1
    mask[16:20, 16:20] = 1  # a sixteenth of its cell
    found = rough_mask(mask, 16, (32, 48))
    assert found.unique().tolist() == [-SURE, SURE]
    assert (found[:16, :16] == SURE).all()
    assert (found[16:, 16:] == -SURE).all()
    assert rough_mask(mask, 16, (16, 24)).shape == (16, 24)


def test_of_a_thin_object_the_cells_it_covers_most_are_named_and_of_none_no_cell():
    thin = torch.zeros(32, 32)
    thin[4] = 1
    assert (rough_mask(thin, 16, (32, 32))[:16] == SURE).all()
    assert (rough_mask(torch.zeros(32, 32), 16, (32, 32)) == -SURE).all()


@given(st.integers(0, 2**32 - 1))
def test_the_middle_is_a_pixel_inside(seed):
    random = torch.Generator().manual_seed(seed)
    mask = torch.rand(9, 13, generator=random) > 0.7
    mask[4, 6] = True
    x, y = middle(mask)
    assert mask[int(y), int(x)]


def test_of_a_bar_the_middle_is_its_own_and_of_a_ring_a_pixel_of_it():
    bar, ring = torch.zeros(9, 9), torch.ones(5, 5)
    bar[4, 2:7] = 1
    ring[1:4, 1:4] = 0
    assert middle(bar) == (4, 4)
    assert ring[int(middle(ring)[1]), int(middle(ring)[0])] == 1


def test_cells_are_a_sixteenth_of_the_longer_side():
    assert [cell_of(size) for size in ((256, 256), (1024, 512), (8, 8))] == [16, 64, 1]
