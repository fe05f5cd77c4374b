import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nano import nano_litemedsam, nano_sam2
from segmem.core import Prompt
from segmem.core.errors import PromptError
from segmem.ops.fit import Fit, FitSettings, plan, unfit
from segmem.predict.grid_prompts import require_read, to_batch

HALF = Fit((40, 60), (20, 30), (32, 32))
STRETCHED = Fit((40, 60), (80, 30), (80, 32))  # rows twice, columns half
LOW = (16, 16)
SAME = Fit((40, 60), (40, 60), (64, 64))


def mask(rows: slice, columns: slice, dtype: torch.dtype = torch.uint8) -> torch.Tensor:
    made = torch.zeros(40, 60, dtype=dtype)
    made[rows, columns] = 1
    return made


def test_x_and_y_are_scaled_each_by_its_own_factor():
    batch = to_batch([Prompt(box=(10, 20, 30, 40), points=((8, 6, 1),))], STRETCHED, LOW)
    assert batch.objects == (1,)
    assert batch.boxes is not None
    assert batch.boxes.tolist() == [[[5, 40, 15, 80]]]
    assert batch.points is not None
    assert batch.points.tolist() == [[[[4, 12, 1]]]]
    assert batch.mask is None


def test_objects_come_by_id_and_what_one_lacks_is_padded():
    said = [
        Prompt(object=5, points=((2, 4, 0), (6, 8, 1))),
        Prompt(object=2, box=(2, 4, 6, 8), points=((1, 1, 1),)),
    ]
    batch = to_batch(said, HALF, LOW)
    assert batch.objects == (2, 5)
    assert batch.points is not None
    assert batch.points.tolist() == [[[[0.5, 0.5, 1], [0, 0, -1]], [[1, 2, 0], [3, 4, 1]]]]
    assert batch.boxes is not None
    assert batch.boxes[0, 0].tolist() == [1, 2, 3, 4]
    assert batch.boxes[0, 1].isnan().all()


def test_a_mask_is_halved_where_half_is_covered_and_padded_with_outside():
    batch = to_batch(
        [Prompt(mask=mask(slice(0, 20), slice(0, 30))), Prompt(object=2, box=(1, 1, 2, 2))], HALF, LOW
    )
    assert batch.mask is not None
    assert batch.mask.shape == (1, 2, 32, 32)
    expected = torch.zeros(32, 32)
    expected[:10, :15] = 1
    assert torch.equal(batch.mask[0, 0], expected)
    assert batch.mask[0, 1].isnan().all()
    assert batch.mask.dtype == torch.float32


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.int64])
def test_a_mask_at_its_own_scale_is_kept_to_the_pixel(dtype):
    given_ = mask(slice(3, 4), slice(50, 60), dtype)
    for said in (given_, given_.numpy(), given_.numpy() * 1):
        batch = to_batch([Prompt(mask=said)], SAME, LOW)
        assert batch.mask is not None
        assert torch.equal(batch.mask[0, 0, :40, :60], given_.float())
        assert float(batch.mask.sum()) == 10


def test_a_speck_does_not_vanish():
    batch = to_batch(
        [Prompt(mask=mask(slice(21, 22), slice(33, 34)))], plan((40, 60), FitSettings(longest=6)), LOW
    )
    assert batch.mask is not None
    assert batch.mask[0, 0].nonzero().tolist() == [[2, 3]]


@given(st.integers(8, 90), st.integers(8, 90), st.integers(16, 64), st.booleans())
def test_a_mask_lies_on_the_grid_where_the_image_does(rows, columns, longest, square):
    fit = plan((rows, columns), FitSettings(longest=longest, multiple=16, square=square))
    y, x = np.ogrid[:rows, :columns]
    disc = (y + 0.5 - rows / 2) ** 2 + (x + 0.5 - columns / 2) ** 2 <= (min(rows, columns) / 3) ** 2
    batch = to_batch([Prompt(mask=disc)], fit, LOW)
    assert batch.mask is not None
    assert batch.mask.shape[-2:] == fit.grid
    assert not batch.mask[..., fit.scaled[0] :, :].any()
    assert not batch.mask[..., fit.scaled[1] :].any()
    centre = batch.mask[0, 0].nonzero().double().mean(dim=0) + 0.5
    assert (centre - torch.tensor(fit.scaled) / 2).abs().max() <= 1
    assert unfit(batch.mask, fit).shape[-2:] == (rows, columns)


def test_the_corners_of_the_frame_are_the_corners_of_its_part_of_the_grid():
    batch = to_batch([Prompt(box=(0, 0, 60, 40))], HALF, LOW)
    assert batch.boxes is not None
    assert batch.boxes.tolist() == [[[0, 0, 30, 20]]]


def test_arrays_are_taken_too():
    batch = to_batch([Prompt(box=np.array([2.0, 4, 6, 8]), points=np.array([[2.0, 4.0, 1.0]]))], HALF, LOW)  # type: ignore[arg-type]
    assert batch.boxes is not None
    assert batch.boxes.tolist() == [[[1, 2, 3, 4]]]
    assert batch.points is not None
    assert batch.points.tolist() == [[[[1, 2, 1]]]]


def test_nothing_is_nobody():
    batch = to_batch([], HALF, LOW)
    assert (batch.objects, batch.boxes, batch.points, batch.mask) == ((), None, None, None)


def test_two_boxes_of_one_object_are_refused():
    with pytest.raises(PromptError, match="2 boxes"):
        to_batch([Prompt(box=(1, 2, 3, 4)), Prompt(box=(1, 2, 3, 5))], HALF, LOW)


def test_a_rough_mask_is_the_cells_it_covers_with_a_point_in_its_middle():
    brushed = mask(slice(0, 20), slice(0, 30))  # a quarter of the frame
    batch = to_batch([Prompt(mask=brushed, rough=True), Prompt(object=2, box=(1, 1, 2, 2))], HALF, LOW)
    assert batch.mask is None
    assert batch.earlier is not None
    assert batch.earlier.shape == (1, 2, *LOW)
    assert batch.earlier[0, 1].isnan().all()
    assert (batch.earlier[0, 0, :5, :7] > 0).all()
    assert (batch.earlier[0, 0, 6:] < 0).all()
    assert batch.points is not None
    x, y, label = batch.points[0, 0, 0].tolist()
    assert label == 1
    assert 6 <= x <= 8
    assert 4 <= y <= 5.5


def test_a_point_inside_that_is_given_with_a_rough_mask_is_enough():
    brushed = mask(slice(0, 20), slice(0, 30))
    inside = to_batch([Prompt(mask=brushed, rough=True, points=((2, 4, 1),))], HALF, LOW)
    outside = to_batch([Prompt(mask=brushed, rough=True, points=((2, 4, 0),))], HALF, LOW)
    assert inside.points is not None
    assert outside.points is not None
    assert inside.points.tolist() == [[[[1, 2, 1]]]]
    assert outside.points[0, 0, :, 2].tolist() == [1, 0]


def test_a_rough_mask_is_refused_where_the_network_was_not_taught_to_read_one():
    said = [Prompt(mask=mask(slice(0, 20), slice(0, 30)), rough=True)]
    deaf = nano_litemedsam()
    require_read(deaf, [Prompt(box=(1, 2, 3, 4))])
    with pytest.raises(PromptError, match="not taught to read rough masks"):
        require_read(deaf, said)
    deaf.network.reads_masks = True
    require_read(deaf, said)
    require_read(nano_sam2(), said)
