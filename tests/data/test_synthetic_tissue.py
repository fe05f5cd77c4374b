"""Tissue seen through a drifting camera."""

import numpy as np

from segmem.data.synthetic_tissue import make_tissue


def test_every_frame_has_the_size_and_range_of_a_picture() -> None:
    tissue = make_tissue(np.random.default_rng(0), 5, (50, 70))

    for t in range(5):
        view = tissue.view(t)
        assert view.shape == (50, 70, 3)
        assert view.dtype == np.float32
        assert view.min() >= 0
        assert view.max() < 2  # highlights are brighter than white until they are exposed


def test_looking_changes_nothing() -> None:
    tissue = make_tissue(np.random.default_rng(1), 3, (50, 70))

    assert np.array_equal(tissue.view(1), tissue.view(1))


def test_the_camera_moves_by_less_than_two_pixels_a_frame() -> None:
    for seed in range(6):
        tissue = make_tissue(np.random.default_rng(seed), 60, (128, 160))
        assert np.abs(np.diff(tissue.rows, axis=0)).max() < 2.5
        assert np.abs(np.diff(tissue.columns, axis=0)).max() < 2.5
        assert np.ptp(tissue.columns[:, 80]) > 0.5


def test_tissue_is_reddish_more_often_than_not_and_differs_between_seeds() -> None:
    means = np.array(
        [make_tissue(np.random.default_rng(s), 1, (64, 80)).view(0).mean((0, 1)) for s in range(20)]
    )

    assert (means[:, 0] > means[:, 2]).mean() > 0.7
    assert means.std(axis=0).min() > 0.05
