import numpy as np
import pytest
import torch

from segmem.io.pages import fresh


@pytest.mark.parametrize("shape", [(3, 4), (5, 1024, 4096)])
@pytest.mark.parametrize("dtype", ["<f4", ">i2"])
def test_an_array_can_be_filled_whatever_its_size(shape: tuple[int, ...], dtype: str) -> None:
    array = fresh(shape, dtype)
    assert (array.shape, array.dtype) == (shape, np.dtype(dtype))
    assert array.flags.writeable
    assert array.flags.c_contiguous
    array[...] = 7
    assert (array == 7).all()


def test_it_outlives_the_name_it_was_made_under() -> None:
    tensor = torch.from_numpy(fresh((9, 1024, 1024), np.float32)).fill_(3)
    assert float(tensor.sum()) == 3 * 9 * 1024 * 1024
