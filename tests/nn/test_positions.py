import math

import torch

from segmem.nn.positions import half_split, rotary_angles, rotate, sine_grid, sine_line


def test_rotation_keeps_lengths_and_depends_on_distance_only():
    cos, sin = rotary_angles((3, 5), 8)
    q, k = torch.randn(8), torch.randn(8)
    turned_q, turned_k = rotate(q.expand(15, 8), cos, sin), rotate(k.expand(15, 8), cos, sin)
    assert torch.allclose(turned_q.norm(dim=1), q.norm().expand(15), atol=1e-5)
    one_right = (turned_q[0] @ turned_k[1], turned_q[6] @ turned_k[7])  # the same step elsewhere
    assert torch.allclose(*one_right, atol=1e-4)


def test_a_pooled_token_sits_in_the_middle_of_its_cells():
    cos, sin = rotary_angles((1, 2), 4, pool=2)
    angle = torch.atan2(sin, cos)
    assert torch.allclose(angle[:, 0], torch.tensor([0.5, 2.5]))


def test_half_split_is_a_permutation_that_pairs_neighbours():
    assert half_split(8, 1).tolist() == [0, 2, 4, 6, 1, 3, 5, 7]
    assert half_split(8, 2).tolist() == [0, 2, 1, 3, 4, 6, 5, 7]


def test_sine_codes_of_a_grid_differ_from_cell_to_cell():
    code = sine_grid((4, 6), 16)
    assert code.shape == (24, 16)
    assert (torch.cdist(code, code) + torch.eye(24) * 9).min() > 0.1


def test_the_sine_code_of_a_number_is_all_sines_then_all_cosines():
    code = sine_line(torch.tensor([[0.0, 0.5]]), 8)
    rates = [1.0, 1.0, 100.0, 100.0]  # 10000 ** (2 * (i // 2) / 4)
    expected = [math.sin(0.5 / r) for r in rates] + [math.cos(0.5 / r) for r in rates]
    assert code.shape == (1, 2, 8)
    assert code[0, 0].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert torch.allclose(code[0, 1], torch.tensor(expected))
