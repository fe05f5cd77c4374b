import pytest
import torch

from labelled import decoded
from nano import nano
from segmem.train.temperature import fit_temperature, validation_pixels


@pytest.mark.parametrize("true", [0.3, 1.0, 4.0])
def test_the_temperature_that_made_the_labels_is_found(true):
    random = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn(20_000, 3, generator=random)
    labels = torch.multinomial((logits / true).softmax(dim=1), 1, generator=random)[:, 0]
    assert fit_temperature(logits, labels) == pytest.approx(true, rel=0.05)


def test_pixels_come_from_labelled_frames_with_their_labels():
    case = decoded("a", 4, labelled=[1, 3])
    logits, labels = validation_pixels(nano(), [case], False, None, pixels=400)
    assert logits.shape == (len(labels), 3)
    assert 380 <= len(labels) <= 450
    assert 0.2 < float((labels == 1).float().mean()) < 0.3
