import numpy as np
import pytest
import torch

from segmem.data.runs import Runs, run_around


@pytest.mark.parametrize(
    ("order", "expected"),
    [([4, 5, 6], (2, 7)), ([6, 4, 5], (2, 7)), ([1, 3, 1], (0, 4)), ([8, 8], (6, 8)), ([0], (0, 1))],
)
def test_a_run_holds_what_the_encoder_looks_at_and_ends_with_the_case(order, expected):
    assert run_around(np.array(order), (2, 1), 9) == expected


def test_runs_go_to_a_device_as_one():
    runs = Runs((torch.zeros(3, 1, 2, 2), torch.zeros(5, 1, 2, 2)), torch.tensor([[0, 1], [4, 2]]))
    moved = runs.to(torch.device("meta"))
    assert [one.device.type for one in (*moved.entered, moved.places)] == ["meta"] * 3
    assert [len(one) for one in moved.entered] == [3, 5]
