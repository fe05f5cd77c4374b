import pytest
import torch

from segmem.nn.prompt_encoder import PromptEncoder


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    return PromptEncoder(width=16, mask_channels=8).eval()


def test_a_cells_code_is_the_code_of_the_point_in_its_middle(encoder):
    grid = encoder.positions((3, 5))  # cells of 16 pixels: the middle of row 1, column 4 is pixel 71.5, 23.5
    place = encoder.pe_layer(torch.tensor([71.5 + 0.5, 23.5 + 0.5]) / torch.tensor([80.0, 48.0]))

    assert grid.shape == (1, 16, 3, 5)
    assert torch.allclose(grid[0, :, 1, 4], place, atol=1e-5)


def test_a_point_is_its_place_plus_its_kind(encoder):
    points = torch.tensor([[[10.0, 20.0]] * 4])

    tokens = encoder.points(points, torch.tensor([[0, 1, 2, 3]]), (48, 80))

    places = [tokens[0, kind] - encoder.point_embeddings[kind].weight[0] for kind in range(4)]
    assert all(torch.allclose(place, places[0], atol=1e-6) for place in places)


def test_a_points_scale_is_the_images_own_width_and_height(encoder):
    labels = torch.ones(1, 1, dtype=torch.int64)
    small = encoder.points(torch.tensor([[[9.5, 4.5]]]), labels, (10, 20))
    large = encoder.points(torch.tensor([[[19.5, 9.5]]]), labels, (20, 40))

    assert torch.allclose(small, large, atol=1e-6)


def test_padding_is_one_token_wherever_it_is(encoder):
    points = torch.tensor([[[float("nan")] * 2, [3.0, 4.0]]])

    tokens = encoder.points(points, torch.tensor([[-1, -1]]), (48, 80))

    assert torch.equal(tokens[0], encoder.not_a_point_embed.weight.expand(2, -1))


def test_half_precision_does_not_move_points(encoder):
    points, labels = torch.tensor([[[1000.0, 3.0], [1001.0, 3.0]]]), torch.ones(1, 2, dtype=torch.int64)
    exact = encoder.points(points, labels, (1024, 1024))

    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(encoder.points(points, labels, (1024, 1024)), exact)


def test_a_mask_comes_down_to_the_feature_grid(encoder):
    assert encoder.mask(torch.randn(3, 1, 12, 20)).shape == (3, 16, 3, 5)
    assert encoder.no_mask((3, 5)).shape == (1, 16, 3, 5)
