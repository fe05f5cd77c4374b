import torch

from segmem.core import Prediction


def test_labels_are_the_highest_logit_as_bytes():
    prediction = Prediction(torch.tensor([[[[0.0, 3.0]], [[1.0, 2.0]]]]), torch.ones(1))
    assert prediction.labels.tolist() == [[[1, 0]]]
    assert prediction.labels.dtype == torch.uint8


def test_probabilities_sum_to_one():
    prediction = Prediction(torch.randn(2, 3, 4, 5), torch.ones(2))
    assert torch.allclose(prediction.probabilities.sum(dim=1), torch.ones(2, 4, 5))
