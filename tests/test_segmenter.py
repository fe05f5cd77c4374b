import pytest
import torch

from nano import nano, nano_spec
from segmem.memory import Fifo
from segmem.nn.evidence_settings import EvidenceSettings
from segmem.ops.fit import plan
from segmem.segmenter import MemorySegmenter, confidence
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
@pytest.mark.parametrize(("kind", "held"), [("video", True), ("volume", False)])
def test_a_black_frame_of_a_video_keeps_the_last_answer_and_a_slice_does_not(kind, held):
    spec = nano_spec().tmam.model_copy(update={"evidence": EvidenceSettings()})
    model, state = nano(tmam=spec, input=kind), State.start()
    for _ in range(3):
        before, state = model.step(
            torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(3)), state
        )
    after, _ = model.step(torch.full((1, 3, 64, 64), -2.0), state)
    assert torch.allclose(after.logits.softmax(1), before.logits.softmax(1), atol=0.02) is held


@torch.no_grad()
def test_a_known_foreground_is_remembered_in_place_of_the_found_one():
    model, frame = nano(), torch.randn(1, 3, 64, 64)
    left, right = torch.zeros(1, 1, 64, 64), torch.zeros(1, 1, 64, 64)
    left[..., :32], right[..., 32:] = 1, 1
    kept = [model.step(frame, State.start(), known=known)[1].memory.tokens for known in (left, right, None)]
    assert not torch.allclose(kept[0], kept[1])
    assert not torch.allclose(kept[0], kept[2])


def with_evidence(**changes: object) -> MemorySegmenter:
    return nano(tmam=nano_spec().tmam.model_copy(update={"evidence": EvidenceSettings(**changes)}))


@torch.no_grad()
def test_a_stream_learns_what_its_classes_look_like_and_a_network_alone_does_not():
    model, frame = with_evidence(), torch.randn(1, 3, 64, 64)
    _, state = model.step(frame, State.start())
    assert state.classes is not None
    _, alone = model.step(frame, State.start(), recall=False)
    assert alone.classes is None


@torch.no_grad()
def test_it_learns_from_labels_where_there_are_some():
    model, frame = with_evidence(), torch.randn(1, 3, 64, 64)
    known = torch.zeros(1, 1, 64, 64)
    known[..., :32] = 1
    _, state = model.step(frame, State.start(), known=known)
    clear = state.classes.number.sum()
    assert state.classes.number.tolist() == [[pytest.approx(float(clear) / 2)] * 2]


@torch.no_grad()
def test_nothing_of_it_is_learnt_or_asked_while_the_model_is_trained():
    model, frame = with_evidence().train(), torch.randn(2, 3, 64, 64)
    _, state = model.step(frame, State.start())
    assert state.classes is None


@torch.no_grad()
def test_without_weight_nothing_is_kept_of_classes():
    _, state = with_evidence(discriminant=0).step(torch.randn(1, 3, 64, 64), State.start())
    assert state.classes is None


@torch.no_grad()
def test_what_is_kept_of_classes_does_not_grow():
    model, state, sizes = with_evidence(), State.start(), set()
    for _ in range(8):
        _, state = model.step(torch.randn(1, 3, 64, 64), state)
        sizes.add(tuple(x.shape for x in (state.classes.number, state.classes.first, state.classes.second)))
    assert len(sizes) == 1


@torch.no_grad()
def test_a_stream_keeps_what_it_answered_last_and_a_network_alone_does_not():
    model, frame = with_evidence(), torch.randn(1, 3, 64, 64)
    _, state = model.step(frame, State.start())
    assert state.last is not None
    _, after = model.step(frame, state.fork())
    assert after.last is not None
    _, alone = model.step(frame, state, recall=False)
    assert alone.last is None
    for without in (with_evidence(steady=0), with_evidence().train(), nano()):
        assert without.step(torch.randn(2, 3, 64, 64), State.start())[1].last is None


@torch.no_grad()
def test_its_answers_flicker_less_where_the_picture_hardly_changes():
    torch.manual_seed(0)
    frames = torch.randn(1, 3, 64, 64) + 0.05 * torch.randn(8, 3, 64, 64)
    changes = []
    for share in (0.0, 0.5):
        model, state, said = with_evidence(steady=share, discriminant=0), State.start(), []
        for frame in frames:
            prediction, state = model.step(frame[None], state)
            said.append(prediction.probabilities)
        changes.append(float(torch.cat(said).diff(dim=0).abs().mean()))
    assert changes[1] < 0.8 * changes[0]


@torch.no_grad()
def test_an_answer_that_is_no_number_leaves_nothing_behind():
    spec = nano_spec().tmam.model_copy(update={"evidence": EvidenceSettings()})
    model, frames = nano(tmam=spec), torch.randn(5, 1, 3, 64, 64)
    state = State.start()
    for frame in frames[:3]:
        _, state = model.step(frame, state)
    spoilt, after = model.step(torch.full((1, 3, 64, 64), torch.nan), state.fork())
    assert spoilt.score.isnan().all()
    assert after.frame == 4
    before = state.tensors()
    assert all(torch.equal(kept, before[name]) for name, kept in after.tensors().items() if name != "frame")
    for frame in frames[3:]:
        clear, after = model.step(frame, after)
        assert clear.logits.isfinite().all()
