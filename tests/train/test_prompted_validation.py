from dataclasses import replace

import numpy as np
import pytest
import torch

from labelled import decoded, square
from nano import nano_litemedsam
from segmem.core import PromptBatch
from segmem.data.features import FeatureCache
from segmem.data.store import Store
from segmem.ops.augment import AugmentSettings
from segmem.train import prompted_validation as module
from segmem.train.prompted_validation import follow, validate_prompted


@pytest.fixture(scope="module")
def model():
    return nano_litemedsam()


@pytest.fixture
def encoded(model, tmp_path):
    """Makes an encoded case of so many frames."""

    def make(length: int = 4, kind="video", **changes):
        rng = np.random.default_rng(0)
        frames = rng.integers(0, 256, (length, 3, 48, 64), dtype=np.uint8)
        case = replace(decoded("a", length, kind=kind), frames=frames, **changes)
        store = Store(tmp_path)
        return FeatureCache(store, model.spec.fit, "w", AugmentSettings(), 2, 0).open(case, model)

    return make


BOX = PromptBatch((1,), boxes=torch.tensor([[[16.0, 12.0, 48.0, 36.0]]]))


def test_frames_are_followed_in_the_order_given_from_a_prompt_on_the_first(model, encoded):
    case = encoded()
    with torch.inference_mode():
        maps = follow(model, case, np.array([1, 2, 3]), BOX)
        alone = follow(model, case, np.array([1, 2, 3]), BOX, recall=False)
        one = follow(model, case, np.array([1]), BOX)
    assert maps.shape == (3, 1, 64, 64)
    assert maps.dtype == torch.bool
    assert maps.any()
    assert not maps.all()
    assert torch.equal(maps[0], one[0])
    assert not alone[1:].any()


def answered(monkeypatch, answer):
    """Let the model answer so; what it was asked is given back."""
    asked = []

    def stand_in(model, case, index, prompt, recall=True, cases=None):
        asked.append((index.tolist(), prompt))
        maps = answer(len(index))
        return torch.stack([maps == one for one in prompt.objects], dim=1)

    monkeypatch.setattr(module, "follow", stand_in)
    return asked


def padded(*maps: np.ndarray) -> torch.Tensor:
    out = torch.zeros(len(maps), 64, 64, dtype=torch.uint8)
    out[:, :48] = torch.from_numpy(np.stack(maps))
    return out


def test_dice_is_the_mean_over_frames_after_the_prompted_one(model, encoded, monkeypatch):
    half = square(1)
    half[:, 32:] = 0
    asked = answered(monkeypatch, lambda *_: padded(0 * half, square(1), half, square(1)))
    scores = validate_prompted(model, [encoded(4)])
    assert scores["video"] == scores["mean"] == pytest.approx((1 + 2 / 3 + 1) / 3)
    ((index, prompt),) = asked
    assert index == [0, 1, 2, 3]
    assert prompt.boxes.tolist() == [[[16, 12, 48, 36]]]


def test_a_frame_without_the_object_counts_where_it_was_found_and_else_does_not(model, encoded, monkeypatch):
    labels = np.stack([square(1), square(1), square(0), square(0)])
    answered(monkeypatch, lambda *_: padded(square(1), square(1), square(1), square(0)))
    assert validate_prompted(model, [encoded(4, labels=labels)])["mean"] == pytest.approx(0.5)


def test_a_volume_is_prompted_on_its_middle_slice_and_followed_to_its_end(model, encoded, monkeypatch):
    asked = answered(monkeypatch, lambda frames: padded(*[square(1)] * frames))
    assert validate_prompted(model, [encoded(5, kind="volume")]) == {"volume": 1.0, "mean": 1.0}
    assert asked[0][0] == [2, 3, 4]


def test_only_the_first_frames_are_followed_where_so_many_are_asked_for(model, encoded, monkeypatch):
    asked = answered(monkeypatch, lambda frames: padded(*[square(1)] * frames))
    validate_prompted(model, [encoded(5)], frames=3)
    assert asked[0][0] == [0, 1, 2]


def test_each_object_counts_and_one_of_few_pixels_does_not(model, encoded, monkeypatch):
    two = square(1)
    two[:4, :4], two[40:, :10] = 3, 2
    two[0, 0] = 0  # 15 pixels are left of object 3
    asked = answered(monkeypatch, lambda frames: padded(*[np.where(two == 1, 1, 0)] * frames))
    scores = validate_prompted(model, [encoded(2, labels=np.stack([two, two]))])
    assert asked[0][1].objects == (1, 2)
    assert scores["mean"] == pytest.approx(0.5)


def test_the_mean_is_over_objects_of_all_cases(model, encoded, monkeypatch):
    two = square(1)
    two[40:, :10] = 2
    answers = iter([padded(two, two), padded(*[square(0)] * 3)])
    answered(monkeypatch, lambda *_: next(answers))
    cases = [encoded(2, labels=np.stack([two, two])), encoded(5, kind="volume")]
    assert validate_prompted(model, cases) == {"video": 1.0, "volume": 0.0, "mean": pytest.approx(2 / 3)}


@pytest.mark.parametrize("labels", [np.zeros((2, 48, 64), np.uint8), square(1)[None]])
def test_without_an_object_or_a_second_frame_there_is_no_score(model, encoded, monkeypatch, labels):
    answered(monkeypatch, lambda *_: pytest.fail("asked"))
    assert validate_prompted(model, [encoded(len(labels), labels=labels)] if len(labels) > 1 else []) == {}


def test_a_model_that_was_learning_is_left_ready_for_use(encoded):
    model = nano_litemedsam().train()
    scores = validate_prompted(model, [encoded(3)])
    assert 0 <= scores["mean"] <= 1
    assert not model.training
