import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

from segmem.nn.discriminant import FAINTEST, RIDGE, WIDEST, class_likelihoods, class_sums, looks

GRID = (4, 6)
CLASSES = 3


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def columns(*shown: int, sure: float = 1.0) -> torch.Tensor:
    """(1, K, 8, 12) probabilities: a class for each strip of as many columns."""
    out = torch.full((1, CLASSES, 8, 12), (1 - sure) / (CLASSES - 1))
    for place, one in enumerate(shown):
        wide = 12 // len(shown)
        out[:, one, :, place * wide : (place + 1) * wide] = sure
    return out


def clear(value: float = 1.0) -> torch.Tensor:
    return torch.full((1, GRID[0] * GRID[1], 1), value)


def test_a_row_of_each_cell_and_no_more_numbers_than_are_asked_for():
    top = noise(2, 5, 8, 12)
    rows = looks(top, GRID)
    assert rows.shape == (2, 24, 5)
    assert torch.allclose(rows[1, 7], top[1, :, 2:4, 2:4].mean(dim=(1, 2)), atol=1e-6)
    wide = noise(1, 2 * WIDEST, *GRID)
    assert torch.allclose(looks(wide, GRID)[0, 0, :2], wide[0, :4, 0, 0].reshape(2, 2).mean(1), atol=1e-6)


def test_sums_by_hand():
    rows = torch.tensor([[[1.0, 0.0], [2.0, 1.0]]])
    shown = torch.tensor([[[[0.95, 0.2]], [[0.05, 0.8]], [[0.0, 0.0]]]])  # the second cell is not sure
    sums = class_sums(rows, shown, torch.tensor([[[0.5], [1.0]]]), (1, 2))
    assert sums.number.tolist() == [[0.5, 0.0, 0.0]]
    assert sums.first.tolist() == [[[0.5, 0.0], [0.0, 0.0], [0.0, 0.0]]]
    assert sums.second.tolist() == [[[0.5, 0.0], [0.0, 0.0]]]


def test_they_are_gaussians_with_one_covariance():
    rows = noise(1, 24, 5) + 0.5 * columns(0, 1, 2)[0, :, ::2, ::2].flatten(1).T @ noise(3, 5, seed=1)
    sums = class_sums(rows, columns(0, 1, 2), clear(), GRID)
    told = class_likelihoods(sums, rows, GRID)[0].flatten(1).T.double().numpy()
    own = rows[0].double().numpy()
    of = columns(0, 1, 2)[0, :, ::2, ::2].flatten(1).argmax(0).numpy()
    means = np.stack([own[of == one].mean(axis=0) for one in range(CLASSES)])
    within = (own - means[of]).T @ (own - means[of]) / len(own)
    within += RIDGE * np.trace(within) / 5 * np.eye(5)
    logs = np.stack([multivariate_normal(mean, within).logpdf(own) for mean in means], axis=1)
    logs -= np.logaddexp.reduce(logs, axis=1, keepdims=True)
    assert told == pytest.approx(np.maximum(logs, np.log(FAINTEST)), abs=1e-4)


def test_a_class_is_known_again_at_another_place():
    kinds = 4 * noise(CLASSES, 5)
    there = columns(0, 1, 2)[0, :, ::2, ::2].flatten(1).T @ kinds + 0.1 * noise(24, 5, seed=1)
    here = columns(2, 0, 1)[0, :, ::2, ::2].flatten(1).T @ kinds + 0.1 * noise(24, 5, seed=2)
    sums = class_sums(there[None], columns(0, 1, 2), clear(), GRID)
    told = class_likelihoods(sums, here[None], GRID)
    assert torch.equal(told.argmax(dim=1)[0, 0], torch.tensor([2, 2, 0, 0, 1, 1]))


def test_a_class_that_was_not_shown_is_left_to_the_network():
    rows = noise(1, 24, 5)
    told = class_likelihoods(class_sums(rows, columns(0, 1), clear(), GRID), rows, GRID)
    assert torch.allclose(told[:, 2], told[:, :2].amax(dim=1))


@pytest.mark.parametrize(
    "shown",
    [columns(0), columns(0, 1, 2, sure=0.8)],
    ids=["one class alone", "nothing sure"],
)
def test_with_less_than_two_classes_all_are_alike(shown):
    rows = noise(1, 24, 5)
    told = class_likelihoods(class_sums(rows, shown, clear(), GRID), rows, GRID)
    assert torch.allclose(told, told[:, :1].expand_as(told))


def test_what_is_spoilt_is_not_learnt():
    rows = noise(1, 24, 5)
    sums = class_sums(rows, columns(0, 1, 2), clear(0.0), GRID)
    assert not sums.number.any()
    assert class_likelihoods(sums, rows, GRID).isfinite().all()


def test_features_that_are_all_the_same_say_nothing():
    rows = torch.ones(1, 24, 5)
    told = class_likelihoods(class_sums(rows, columns(0, 1, 2), clear(), GRID), rows, GRID)
    assert torch.allclose(told.exp(), torch.full_like(told, 1 / CLASSES), atol=1e-3)


def test_streams_beside_each_other_do_not_meet():
    rows, shown = noise(2, 24, 5), torch.cat([columns(0, 1, 2), columns(1, 2)])
    both = class_likelihoods(class_sums(rows, shown, clear().expand(2, -1, -1), GRID), rows, GRID)
    for one in range(2):
        alone = class_sums(rows[[one]], shown[[one]], clear(), GRID)
        assert torch.allclose(both[[one]], class_likelihoods(alone, rows[[one]], GRID), atol=1e-4)
