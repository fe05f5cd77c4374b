import numpy as np
import torch

from segmem.ops.foreground import foreground_box, otsu


def bright(inside: tuple[slice, slice, slice], shape=(10, 20, 30)) -> torch.Tensor:
    scan = torch.zeros(shape[0], 1, shape[1], shape[2])
    scan[:, 0][inside] = 500.0
    return scan + torch.linspace(0, 1, shape[2])


def test_the_box_holds_what_is_bright_and_a_margin_in_mm():
    scan = bright((slice(4, 6), slice(8, 12), slice(10, 15)))
    box = foreground_box(scan, (5.0, 1.0, 2.0), "otsu", 25, margin_mm=3)
    assert box == ((3, 7), (5, 15), (8, 17))


def test_the_margin_ends_with_the_scan():
    scan = bright((slice(0, 2), slice(18, 20), slice(0, 30)))
    assert foreground_box(scan, (1, 1, 1), "otsu", 25, margin_mm=5) == ((0, 7), (13, 20), (0, 30))


def test_a_percentile_cuts_what_is_darker():
    scan = bright((slice(2, 8), slice(2, 18), slice(3, 27)))
    box = foreground_box(scan, (1, 1, 1), "percentile", 60, margin_mm=0)
    assert box == ((2, 8), (2, 18), (3, 27))


def test_a_scan_without_contrast_is_left_whole():
    for value in (0.0, float("nan"), -1024.0):
        scan = torch.full((3, 1, 4, 5), value)
        assert foreground_box(scan, (1, 1, 1), "otsu", 25, 0) == ((0, 3), (0, 4), (0, 5))


def test_otsu_parts_two_heaps():
    values = np.concatenate([np.full(900, 10.0), np.full(100, 50.0)]).astype(np.float32)
    assert 15 < otsu(values) < 45


def test_metal_does_not_hide_the_body():
    scan = bright((slice(4, 6), slice(8, 12), slice(10, 25)), shape=(10, 40, 40))
    scan[5, 0, 9, 12] = 1e6
    box = foreground_box(scan, (1, 1, 1), "otsu", 25, margin_mm=0)
    assert box == ((4, 6), (8, 12), (10, 25))
