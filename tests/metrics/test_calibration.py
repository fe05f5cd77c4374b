import numpy as np
import pytest

from segmem.core.errors import FormatError, GeometryError, SettingsError
from segmem.metrics.calibration import reliability


def test_two_bins_by_hand():
    # 0..0.5: one right of two at .4; 0.5..1: three right of four at .9
    found = reliability([0.4, 0.4, 0.9, 0.9, 0.9, 0.9], [1, 0, 1, 1, 1, 0], bins=2)
    assert found.count.tolist() == [2, 4]
    assert found.confidence == pytest.approx([0.4, 0.9])
    assert found.accuracy == pytest.approx([0.5, 0.75])
    assert found.ece == pytest.approx(2 / 6 * 0.1 + 4 / 6 * 0.15)
    assert found.overconfidence == pytest.approx((2 * 0.4 + 4 * 0.9 - 4) / 6)


def test_an_answer_as_right_as_it_says_has_no_error():
    sure = np.random.default_rng(0).uniform(size=200_000)
    right = np.random.default_rng(1).uniform(size=sure.size) < sure
    assert reliability(sure, right).ece < 0.01
    assert reliability(sure, np.ones_like(right)).ece == pytest.approx(0.5, abs=0.01)


def test_frames_add_up_to_their_whole():
    rng = np.random.default_rng(0)
    sure, right = rng.uniform(size=(4, 50)), rng.uniform(size=(4, 50)) < 0.7
    whole, parts = reliability(sure, right), [reliability(s, r) for s, r in zip(sure, right, strict=True)]
    added = parts[0] + parts[1] + parts[2] + parts[3]
    assert added.count.tolist() == whole.count.tolist()
    assert added.right.tolist() == whole.right.tolist()
    assert added.ece == pytest.approx(whole.ece)


def test_a_bin_holds_its_upper_edge_and_the_first_one_nought():
    assert reliability([0.0, 0.5, 0.51, 1.0], [1, 1, 1, 1], bins=2).count.tolist() == [2, 2]


def test_an_empty_bin_says_nothing():
    found = reliability([0.9], [1], bins=2)
    assert np.isnan(found.accuracy[0])
    assert np.isnan(found.confidence[0])
    assert np.isnan(reliability([], []).ece)
    assert np.isnan(reliability([], []).overconfidence)


@pytest.mark.parametrize("sure", [[1.2], [-0.1], [float("nan")]])
def test_a_confidence_is_a_probability(sure):
    with pytest.raises(FormatError, match="probabilities"):
        reliability(sure, [1])


def test_what_cannot_be_counted_is_refused():
    with pytest.raises(GeometryError, match="one for each"):
        reliability([0.5, 0.6], [1])
    with pytest.raises(SettingsError, match="0 bins"):
        reliability([0.5], [1], bins=0)
    with pytest.raises(SettingsError, match="of 2 and of 3 bins"):
        reliability([0.5], [1], bins=2) + reliability([0.5], [1], bins=3)
