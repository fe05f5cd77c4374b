import torch

from nano import nano
from segmem.ops.fit import plan
from segmem.segmenter import confidence
from segmem.state import State


def logits_of(foreground: list[list[float]]) -> torch.Tensor:
    """Two classes whose foreground probability is as given."""
    p = torch.tensor(foreground)[None]
    return torch.stack([(1 - p).log(), p.log()], dim=1)


def test_confidence_is_the_mean_foreground_probability_over_what_is_found():
    assert torch.isclose(confidence(logits_of([[0.9, 0.7, 0.1, 0.2]])), torch.tensor([0.8]))


def test_confidence_is_one_minus_the_mean_where_nothing_is_found():
    assert torch.isclose(confidence(logits_of([[0.1, 0.3]])), torch.tensor([0.8]))


def test_the_temperature_softens_probabilities_and_keeps_labels():
    frame = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        sharp, _ = nano().step(frame, State.start())
        soft, _ = nano(temperature=3.0).step(frame, State.start())
    assert torch.equal(sharp.labels, soft.labels)
    assert torch.allclose(sharp.logits / 3, soft.logits, atol=1e-6)


def test_prepare_brings_bytes_to_the_grid():
    model = nano()
    frames = torch.randint(0, 256, (2, 3, 50, 90), dtype=torch.uint8)
    fit = plan((50, 90), model.spec.fit)
    ready = model.prepare(frames, fit, (0.0, 255.0))
    assert ready.shape == (2, 3, 64, 64)
    assert ready.dtype == torch.float32


def test_the_parts_share_all_parameters_between_them():
    model = nano()
    parts = [*model.base_parameters(), *model.memory_parameters()]
    assert {id(p) for p in parts} == {id(p) for p in model.parameters()}
