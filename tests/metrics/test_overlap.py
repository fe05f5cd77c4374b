"""Overlap of label maps, by pencil and against MONAI."""

import numpy as np
import pytest
import torch

from mask_pairs import mask_pairs
from segmem.core.errors import FormatError, GeometryError
from segmem.metrics.overlap import confusion, dice, dice_by_frame, dice_of, iou, iou_of

TRUTH = np.array([[0, 0, 1, 1], [0, 0, 1, 1]], np.uint8)
SHIFTED = np.array([[0, 1, 1, 0], [0, 1, 1, 0]], np.uint8)


def test_half_an_overlap_is_dice_a_half_and_iou_a_third() -> None:
    assert dice(SHIFTED, TRUTH, 2).tolist() == [0.5, 0.5]
    assert iou(SHIFTED, TRUTH, 2).tolist() == [pytest.approx(1 / 3)] * 2


def test_equal_maps_score_one_in_every_class_they_hold() -> None:
    assert dice(TRUTH, TRUTH, 2).tolist() == [1, 1]


def test_a_class_absent_from_both_is_nan() -> None:
    assert np.isnan(dice(TRUTH, TRUTH, 3)[2])
    assert np.isnan(iou(TRUTH, TRUTH, 3)[2])


def test_a_class_absent_from_one_only_is_nought() -> None:
    empty = np.zeros_like(TRUTH)

    assert dice(empty, TRUTH, 2)[1] == 0
    assert dice(TRUTH, empty, 2)[1] == 0
    assert iou(TRUTH, empty, 2)[1] == 0


def test_counts_have_truth_in_rows_and_prediction_in_columns() -> None:
    truth, prediction = np.array([0, 0, 0, 1]), np.array([0, 1, 1, 2])

    assert confusion(prediction, truth, 3).tolist() == [[1, 2, 0], [0, 0, 1], [0, 0, 0]]


def test_counts_added_up_pool_frames() -> None:
    """Class 1: frame one finds 1 of 1, frame two 0 of 3; pooled Dice 2 * 1 / (1 + 4)."""
    truth = np.array([[1, 0, 0, 0], [1, 1, 1, 0]])
    prediction = np.array([[1, 0, 0, 0], [0, 0, 0, 0]])
    counts = sum(confusion(p, t, 2) for p, t in zip(prediction, truth, strict=True))

    assert dice_of(counts)[1] == pytest.approx(0.4)
    assert iou_of(counts)[1] == pytest.approx(0.25)
    assert dice_by_frame(prediction, truth, 2)[:, 1].tolist() == [1, 0]


def test_tensors_and_arrays_are_the_same() -> None:
    assert dice(torch.from_numpy(SHIFTED), torch.from_numpy(TRUTH), 2).tolist() == [0.5, 0.5]


def test_dice_agrees_with_monai_where_something_is_present() -> None:
    from monai.metrics import DiceMetric

    generator = torch.Generator().manual_seed(0)
    truth = torch.randint(0, 4, (3, 20, 30), generator=generator)
    prediction = torch.where(torch.rand(3, 20, 30, generator=generator) < 0.7, truth, truth.flip(-1))
    truth[0][truth[0] == 3] = 0  # absent from the truth of a frame
    prediction[0][prediction[0] == 3] = 1  # and from its prediction
    oracle = DiceMetric(include_background=True, reduction="none", num_classes=4, ignore_empty=True)
    hot = [torch.nn.functional.one_hot(x, 4).permute(0, 3, 1, 2) for x in (prediction, truth)]

    expected = oracle(*hot).numpy()

    np.testing.assert_allclose(dice_by_frame(prediction, truth, 4), expected, atol=1e-6)
    assert np.isnan(expected).sum() == 1


def test_different_shapes_are_refused_with_both() -> None:
    with pytest.raises(GeometryError, match=r"\(2, 4\).*\(4, 2\)"):
        dice(TRUTH, TRUTH.T, 2)


@pytest.mark.parametrize("value", [5, -1])
def test_a_label_that_is_no_class_is_refused_by_value(value: int) -> None:
    wrong = TRUTH.astype(np.int16)
    wrong[0, 0] = value
    with pytest.raises(FormatError, match=f"prediction holds values.*{value}"):
        dice(wrong, TRUTH, 2)


def test_empty_maps_are_all_nan() -> None:
    assert np.isnan(dice(np.zeros((0, 4), np.uint8), np.zeros((0, 4), np.uint8), 3)).all()


def test_agrees_with_sets_of_places_and_with_monai_on_a_thousand_masks() -> None:
    """Exactly with the sets; MONAI answers in single precision, and NaN where the truth is empty."""
    metrics = pytest.importorskip("monai.metrics")
    for found, truth, _ in mask_pairs():
        ours, theirs = ({tuple(place) for place in np.argwhere(mask).tolist()} for mask in (found, truth))
        both, either = len(ours & theirs), len(ours | theirs)
        expected = (2 * both / (len(ours) + len(theirs)), both / either) if either else (np.nan, np.nan)
        said = (
            dice(found.astype(int), truth.astype(int), 2)[1],
            iou(found.astype(int), truth.astype(int), 2)[1],
        )
        np.testing.assert_array_equal(said, expected)
        if theirs:
            two = [torch.from_numpy(mask)[None, None].float() for mask in (found, truth)]
            assert metrics.compute_dice(*two).item() == pytest.approx(said[0], abs=1e-6)
            assert metrics.compute_iou(*two).item() == pytest.approx(said[1], abs=1e-6)
