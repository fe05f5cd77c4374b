import pytest
import torch

from segmem.core.errors import UsageError
from segmem.memory import Confidence
from segmem.memory.quality import quality_temperature


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_made_the_error_is_found(temperature):
    true = torch.linspace(0.05, 0.95, 60)
    predicted = (true.logit() * temperature).sigmoid()
    found = quality_temperature(predicted, true)
    assert found == pytest.approx(temperature, rel=1e-3)
    assert torch.allclose(Confidence(temperature=found).worth(predicted), true, atol=1e-3)


def test_a_quality_that_says_nothing_is_not_believed():
    random = torch.Generator().manual_seed(0)
    predicted = 0.5 + 0.49 * torch.rand(400, generator=random)
    true = torch.rand(400, generator=random)
    worth = Confidence(temperature=quality_temperature(predicted, true)).worth(predicted)
    assert (worth.max() - worth.min()) < (predicted.max() - predicted.min()) / 3


@pytest.mark.parametrize("true", [torch.zeros(0), torch.zeros(2)])
def test_nothing_to_fit_to_is_refused(true):
    with pytest.raises(UsageError, match="1 predicted"):
        quality_temperature(torch.ones(1), true)
