import torch

from segmem.core import Prediction


def test_labels_are_the_highest_logit_as_bytes():
    prediction = Prediction(torch.tensor([[[[0.0, 3.0]], [[1.0, 2.0]]]]), torch.ones(1))
    assert prediction.labels.tolist() == [[[1, 0]]]
    assert prediction.labels.dtype == torch.uint8


def test_probabilities_sum_to_one():
    prediction = Prediction(torch.randn(2, 3, 4, 5), torch.ones(2))
    assert torch.allclose(prediction.probabilities.sum(dim=1), torch.ones(2, 4, 5))


def test_labels_of_prompted_objects_are_their_ids():
    logits = torch.tensor([[[[0.0, 0.0, 0.0]], [[2.0, -1.0, 1.0]], [[1.0, -1.0, 3.0]]]])
    prediction = Prediction(logits, torch.ones(1), objects=(200, 7))
    assert prediction.labels.tolist() == [[[200, 0, 7]]]
    assert prediction.labels.dtype == torch.uint8


def test_where_no_object_s_logit_is_above_nought_there_is_background():
    prediction = Prediction(torch.tensor([[[[0.0, 0.0]], [[-0.1, 0.1]]]]), torch.ones(1), objects=(255,))
    assert prediction.labels.tolist() == [[[0, 255]]]
