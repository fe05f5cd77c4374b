"""Steel, tubes and the light across them."""

import numpy as np

from segmem.data.synthetic_surface import across, grey_cast, steel, tube


def test_light_across_a_cylinder_is_brightest_inside_and_dark_at_the_edges() -> None:
    for seed in range(10):
        light = across(np.random.default_rng(seed), 0.6)
        assert light.argmax() not in (0, len(light) - 1)
        assert max(light[0], light[-1]) < 0.6 * light.max()


def test_steel_is_grey_and_its_marks_give_it_contrast() -> None:
    plain = steel(np.random.default_rng(0), 0.6, (72, 56), 0)
    marked = steel(np.random.default_rng(0), 0.6, (72, 56), 12)

    assert plain.shape == marked.shape == (72, 56, 3)
    assert np.abs(marked[..., 0] - marked[..., 2]).mean() < 0.1
    assert marked.std() > 1.5 * plain.std()


def test_a_collar_is_brighter_than_a_dark_tube() -> None:
    brighter = 0
    for seed in range(20):
        skin = tube(np.random.default_rng(seed), 0.8, 24.0, collared=1.0)
        brighter += bool(skin[:8].mean() > skin[300:].mean())

    assert brighter >= 15


def test_a_grey_cast_is_near_grey() -> None:
    assert np.abs(grey_cast(np.random.default_rng(0), 0.1) - 1).max() <= 0.05
