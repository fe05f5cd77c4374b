import numpy as np
import pytest

from segmem.doctor.affine import examine
from sick import codes, of


def turned(degrees: float) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    affine = np.eye(4)
    affine[:2, :2] = [[c, -s], [s, c]]
    return affine @ np.diag([2.0, 2.0, 3.0, 1.0])


def test_a_straight_scan_gives_no_finding():
    assert examine(np.diag([1.0, 1.5, -3.0, 1.0]), "a") == []


def test_an_oblique_scan_is_noted_with_its_angle():
    assert "12 degrees" in of(examine(turned(12), "a"), "scan-oblique").what


def test_a_shear_is_told_with_its_axes_and_angle():
    sheared = np.diag([1.0, 1.0, 2.0, 1.0])
    sheared[1, 2] = 2 * np.tan(np.radians(10))
    found = of(examine(sheared, "a"), "scan-sheared")
    assert "axes 1 and 2" in found.what
    assert "80 degrees" in found.what


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ((1, 1, 1), "scan-spacing-ones"),
        ((0.5, 0.5, 6), "scan-anisotropic"),
        ((0.0007, 0.0007, 0.003), "scan-spacing-unit"),
        ((700, 700, 3000), "scan-spacing-unit"),
    ],
)
def test_doubtful_steps_are_named(steps, code):
    assert codes(examine(np.diag([*map(float, steps), 1.0]), "a")) == {code}
