"""The released CholecSeg8k scores, by pencil and against what the released code returned."""

import numpy as np
import pytest

from segmem.core.errors import FormatError, GeometryError
from segmem.metrics.overlap import dice
from segmem.metrics.released.cholec import (
    GREYS,
    binary_dice,
    dice_per_class,
    row_mean_dice,
    validation_dice,
)

LIVER = np.array([[0, 0, 0, 0], [0, 2, 2, 0]], np.uint8)


def grey(classes: np.ndarray) -> np.ndarray:
    return np.array(GREYS, np.uint8)[classes]


def test_background_is_foreground_in_the_binary_score() -> None:
    """2 pixels predicted, all 8 of the truth are not 0: 2 * 2 / (2 + 8), for a perfect map."""
    assert binary_dice(LIVER, grey(LIVER)) == pytest.approx(0.4)
    assert binary_dice(0 * LIVER, grey(0 * LIVER)) == 0
    assert dice(LIVER, LIVER, 13)[2] == 1


def test_a_missing_prediction_scores_nought_and_nought_everywhere_one() -> None:
    assert binary_dice(None, grey(LIVER)) == 0
    assert binary_dice(0 * LIVER, 0 * LIVER) == 1


def test_a_perfect_map_of_an_id_that_is_no_grey_value_has_no_score() -> None:
    with pytest.raises(FormatError, match=r"prediction holds \[2\]"):
        dice_per_class(LIVER, grey(LIVER))
    with pytest.raises(FormatError, match=r"truth holds \[7\]"):
        dice_per_class(0 * LIVER, 0 * LIVER + 7)


def test_predicted_ids_5_11_12_are_scored_as_classes_1_2_3() -> None:
    ids = np.array([[5, 11, 12, 0]], np.uint8)

    assert dice_per_class(ids, grey(np.array([[1, 2, 3, 0]]))).tolist() == [1] * 13
    assert dice_per_class(ids, grey(ids)).tolist() == [1, 0, 0, 0, 1, 0, 1, 1, 1, 1, 1, 0, 0]


def test_each_row_is_a_sample_and_what_an_absent_class_scores_depends_on_the_version() -> None:
    """Rows: Dice of the background 1 and 2 * 2 / (4 + 2); id 2 is no grey value, so the class is lost in row 2."""
    prediction, truth = LIVER[None], grey(LIVER)[None]

    new, old = (row_mean_dice(prediction, truth, version) for version in ("1.8", "1.6"))

    assert new[0] == old[0] == pytest.approx((1 + 2 / 3) / 2)
    assert (new[2], old[2]) == (0, 0.5)
    assert np.isnan(new[1])
    assert old[1] == 1


def test_an_image_of_one_class_validates_at_one_for_the_twelve_it_does_not_hold() -> None:
    logits = np.zeros((1, 13, 2, 4), np.float32)
    logits[0, 0] = 1
    logits[0, 4, 1, 1:3] = 2
    scores = validation_dice(logits, LIVER[None])

    assert scores.images.tolist() == [[1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1]]
    assert scores.classes.tolist() == scores.images[0].tolist()
    assert scores.overall == pytest.approx(11 / 13)


def test_golden_values_of_three_frames_against_grey_truth(golden) -> None:
    z = golden("cholec_dice.npz")
    frames = list(zip(z["prediction_class"], z["truth_grey"], strict=True))

    assert z["grey_of_class"].tolist() == list(GREYS)
    assert np.array_equal(grey(z["truth_class"]), z["truth_grey"])
    np.testing.assert_allclose([binary_dice(*f) for f in frames], z["binary"], rtol=0, atol=1e-7)
    for frame, raises, expected in zip(frames, z["per_class_raises"], z["per_class"], strict=True):
        if raises:
            assert np.isnan(expected).all()
            with pytest.raises(FormatError):
                dice_per_class(*frame)
        else:
            np.testing.assert_allclose(dice_per_class(*frame), expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize("version", ["1.6", "1.8"])
def test_golden_values_of_rows_taken_for_samples(golden, version) -> None:
    z = golden("cholec_dice.npz")
    scores = row_mean_dice(z["prediction_class"], z["truth_grey"], version)

    expected = z[f"row_mean_per_class_torchmetrics_{version.replace('.', '_')}"]
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-6)


def test_golden_values_of_validation(golden) -> None:
    z = golden("cholec_dice.npz")
    scores = validation_dice(z["validation_logits"], z["validation_truth_class"])

    np.testing.assert_allclose(scores.images, z["validation_per_image"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(scores.classes, z["validation_per_class"], rtol=0, atol=1e-6)
    assert scores.overall == pytest.approx(float(z["validation_overall"]), abs=1e-6)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(GeometryError, match=r"\(2, 4\).*\(4, 2\)"):
        row_mean_dice(LIVER, LIVER.T)
    with pytest.raises(GeometryError, match="expected"):
        validation_dice(np.zeros((1, 12, 2, 4)), LIVER[None])
    with pytest.raises(GeometryError, match="expected"):
        validation_dice(np.zeros((1, 13, 4, 2)), LIVER[None])
