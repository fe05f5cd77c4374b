"""The frames of a pair, side by side."""

from pathlib import Path

import numpy as np
import pytest

from labelled import square, write_mask
from segmem.core.errors import GeometryError, InputError
from segmem.data.layouts import find_labelled
from segmem.evaluate.opened import frames_of, geometry_of
from segmem.evaluate.pairs import Pair, pair


def first(data: Path, found: Path) -> Pair:
    return pair(find_labelled(data), found).pairs[0]


def test_an_image(images: tuple[Path, Path]) -> None:
    one = first(*images)
    (seen,) = frames_of(one, geometry_of(one))
    assert seen.picture.shape == (3, 48, 64)
    assert seen.truth is not None
    np.testing.assert_array_equal(seen.predicted, square())
    np.testing.assert_array_equal(seen.truth, square())


def test_a_video_yields_every_frame_labelled_or_not(video: tuple[Path, Path]) -> None:
    one = first(*video)
    geometry = geometry_of(one)
    seen = list(frames_of(one, geometry))
    assert geometry.fps == 25
    assert [s.index for s in seen if s.truth is not None] == [1, 4]
    assert [s.predicted is None for s in seen] == [False] * 6


def test_a_scan_on_its_own_grid(scans: tuple[Path, Path]) -> None:
    one = first(*scans)
    geometry = geometry_of(one)
    seen = list(frames_of(one, geometry))
    assert len(seen) == 5
    assert geometry.spacing_mm == (3, 1, 1)
    for each in seen:
        np.testing.assert_array_equal(each.truth, each.predicted)


def test_unlabelled_frames_may_lack_a_prediction_labelled_ones_may_not(video: tuple[Path, Path]) -> None:
    one = first(*video)
    (one.prediction / "00000.png").unlink()
    assert [s.index for s in frames_of(one, geometry_of(one)) if s.predicted is None] == [0]
    (one.prediction / "00004.png").unlink()
    with pytest.raises(InputError, match="1 labelled frames have no prediction, the first is 4"):
        list(frames_of(one, geometry_of(one)))


def test_another_grid(images: tuple[Path, Path]) -> None:
    one = first(*images)
    write_mask(one.prediction, square(size=(24, 32)))
    with pytest.raises(GeometryError, match=r"one frame 0, predicted.*\(24, 32\)"):
        list(frames_of(one, geometry_of(one)))


def test_a_prediction_of_another_kind(images: tuple[Path, Path]) -> None:
    wrong = Pair(find_labelled(images[0])[0], images[1])
    with pytest.raises(InputError, match="one is an image, its prediction must be one file"):
        list(frames_of(wrong, geometry_of(wrong)))
