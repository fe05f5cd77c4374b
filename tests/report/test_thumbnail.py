"""Small pictures of a frame."""

from io import BytesIO

import numpy as np
import torch
from PIL import Image

from segmem.report.thumbnail import WIDTH, thumbnail


def seen(jpeg: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(jpeg)).convert("RGB")).astype(int)


def test_a_large_frame_shrinks_and_a_small_slice_grows() -> None:
    large = thumbnail(torch.zeros(3, 576, 720, dtype=torch.uint8), None, None)
    assert seen(large).shape == (288, WIDTH, 3)
    small = thumbnail(torch.zeros(1, 35, 50), None, None)
    assert seen(small).shape == (126, WIDTH // 2, 3)
    assert len(large) < 10_000


def test_prediction_is_tinted_and_truth_has_a_white_line() -> None:
    grey = torch.full((3, 100, 360), 90, dtype=torch.uint8)
    truth, predicted = np.zeros((100, 360), np.uint8), np.zeros((100, 360), np.uint8)
    predicted[20:80, 200:300] = 1
    truth[20:80, 50:150] = 1
    picture = seen(thumbnail(grey, predicted, truth))
    assert np.ptp(picture[50, 250]) > 60  # a colour
    assert np.ptp(picture[50, 100]) < 20  # the truth's inside stays as it is
    assert picture[20, 100].min() > 180
    assert abs(picture[5, 5] - 90).max() < 12


def test_a_scan_is_shown_between_its_percentiles() -> None:
    scan = torch.linspace(-1000, 3000, 60 * 200).reshape(1, 60, 200)
    picture = seen(thumbnail(scan, None, None))
    assert picture[0].max() < 20
    assert picture[-1].min() > 235
    assert seen(thumbnail(torch.full((1, 9, 200), 7.0), None, None)).max() < 10
