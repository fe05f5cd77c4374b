import pytest
import torch

from segmem.ops.temperature import fit_temperature


@pytest.mark.parametrize("true", [0.3, 1.0, 4.0])
def test_the_temperature_that_made_the_labels_is_found(true):
    random = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn(20_000, 3, generator=random)
    labels = torch.multinomial((logits / true).softmax(dim=1), 1, generator=random)[:, 0]
    assert fit_temperature(logits, labels) == pytest.approx(true, rel=0.05)


def test_probabilities_can_be_the_truth_too():
    logits = 3 * torch.randn(500, 2, generator=torch.Generator().manual_seed(1))
    assert fit_temperature(logits, (logits / 2.5).softmax(dim=1)) == pytest.approx(2.5, rel=1e-3)
