import torch

from nano import nano, nano_spec
from segmem.memory import Fifo
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


@torch.no_grad()
def test_after_a_cut_the_scene_before_leaves_memory_frame_by_frame():
    model = nano(tmam=nano_spec().tmam.model_copy(update={"policy": Fifo(capacity=3, stride=2)}))
    state = State.start()
    for _ in range(7):
        _, state = model.step(torch.randn(1, 3, 64, 64), state)
    cut, old = state.frame, []
    for _ in range(8):
        _, state = model.step(torch.randn(1, 3, 64, 64), state)
        old.append(int((state.memory.frame < cut).sum()))
    assert old == sorted(old, reverse=True)
    assert old[3 * 2 - 1 :] == [0] * 3


@torch.no_grad()
def test_a_black_frame_is_segmented_as_any_other():
    model, state = nano(), State.start()
    for frame in (torch.randn(1, 3, 64, 64), torch.zeros(1, 3, 64, 64), torch.randn(1, 3, 64, 64)):
        prediction, state = model.step(frame, state)
        assert prediction.logits.isfinite().all()
        assert 0 <= float(prediction.score) <= 1


@torch.no_grad()
def test_a_known_foreground_is_remembered_in_place_of_the_found_one():
    model, frame = nano(), torch.randn(1, 3, 64, 64)
    left, right = torch.zeros(1, 1, 64, 64), torch.zeros(1, 1, 64, 64)
    left[..., :32], right[..., 32:] = 1, 1
    kept = [model.step(frame, State.start(), known=known)[1].memory.tokens for known in (left, right, None)]
    assert not torch.allclose(kept[0], kept[1])
    assert not torch.allclose(kept[0], kept[2])
