import pytest
import torch

from segmem.core import Prediction
from segmem.predict.answer import answer

LOG3 = 1.0986123


def test_area_and_confidence_are_those_of_each_class():
    logits = torch.zeros(1, 3, 1, 4)
    logits[0, 1, 0, 0] = LOG3  # 3 : 1 : 1, so 0.6
    logits[0, 1, 0, 1] = 100.0  # sure
    logits[0, 0, 0, 2:] = 100.0
    found = answer(Prediction(logits, torch.tensor([0.25])))
    assert found.labels.tolist() == [[1, 1, 0, 0]]
    assert found.labels.dtype == torch.uint8
    assert found.area == (2, 2, 0)
    assert found.confidence[0] == pytest.approx(1.0)
    assert found.confidence[1] == pytest.approx(0.8, abs=1e-6)
    assert found.confidence[2] is None
    assert found.score == 0.25


def test_labels_are_the_prediction_s_own():
    prediction = Prediction(
        torch.randn(1, 4, 9, 7, generator=torch.Generator().manual_seed(0)), torch.ones(1)
    )
    assert torch.equal(answer(prediction).labels, prediction.labels[0])


def test_the_numbers_of_objects_are_in_the_order_of_their_ids_in_the_answer():
    logits = torch.full((1, 3, 1, 4), -100.0)
    logits[0, 0] = 0
    logits[0, 1, 0, :1] = LOG3  # 3 : 1 beside background, so 0.75
    logits[0, 2, 0, 1:3] = 100.0
    found = answer(Prediction(logits, torch.tensor([0.5]), objects=(200, 7)))
    assert found.labels.tolist() == [[200, 7, 7, 0]]
    assert found.labels.dtype == torch.uint8
    assert (found.area, found.objects) == ((1, 1, 2), (200, 7))
    assert found.confidence == pytest.approx((1.0, 0.75, 1.0), abs=1e-6)


def test_the_confidence_of_each_pixel_is_told_only_when_asked():
    logits = torch.zeros(1, 3, 1, 3)
    logits[0, 1, 0, 0] = LOG3  # 0.6
    logits[0, 2, 0, 1] = 100.0
    prediction = Prediction(logits, torch.tensor([0.25]))
    assert answer(prediction).sure is None
    sure = answer(prediction, sure_of_pixels=True).sure
    assert sure is not None
    assert sure.dtype == torch.uint8
    assert sure.tolist() == [[153, 255, 85]]
