import numpy as np
import pytest
import torch

from labelled import decoded
from nano import nano, nano_lapg
from segmem.train.validation import stream_logits, validate


def test_a_case_is_streamed_in_order_without_its_padding():
    model, case = nano(), decoded("a", 5)
    seen = list(stream_logits(model, case, memory=True, frames=3))
    assert [index for index, _ in seen] == [0, 1, 2]
    assert all(logits.shape == (3, 48, 64) for _, logits in seen)


def test_memory_changes_later_frames_only():
    model, case = nano(), decoded("a", 3)
    with_memory = [logits for _, logits in stream_logits(model, case, memory=True)]
    alone = [logits for _, logits in stream_logits(model, case, memory=False)]
    assert torch.equal(with_memory[0], alone[0])
    assert not torch.equal(with_memory[2], alone[2])


def answered(monkeypatch, answers):
    """Let the model answer these label maps."""

    def stream(model, case, memory, frames=None):
        for index, labels in enumerate(answers[case.name]):
            hot = np.eye(3)[labels]
            yield index, torch.from_numpy(hot).permute(2, 0, 1)

    monkeypatch.setattr("segmem.train.validation.stream_logits", stream)


def test_dice_is_averaged_over_labelled_frames_that_have_the_class(monkeypatch):
    case = decoded("a", 3, labelled=[0, 1])
    half = case.labels[1].copy()
    half[:, :32] = 0
    answered(monkeypatch, {"a": [case.labels[0], half, 1 - case.labels[2]]})
    scores = validate(nano(), [case], memory=False)
    assert scores["shaft"] == pytest.approx((1 + 2 / 3) / 2)
    assert set(scores) == {"shaft", "mean"}


def test_a_volume_is_scored_over_all_its_voxels(monkeypatch):
    case = decoded("a", 2, kind="volume")
    answered(monkeypatch, {"a": [case.labels[0], 0 * case.labels[1]]})
    assert validate(nano(), [case], memory=False)["shaft"] == pytest.approx(2 / 3)


def test_without_cases_there_is_no_score():
    assert validate(nano(), [], memory=False) == {}


def test_a_scan_in_two_stages_comes_on_its_own_grid():
    model, case = nano_lapg(), decoded("a", 3)
    both = list(stream_logits(model, case, memory=True))
    first = list(stream_logits(model, case, memory=False))
    assert [index for index, _ in both] == [0, 1, 2]
    assert both[0][1].shape == (3, 48, 64)
    assert not torch.equal(both[1][1].softmax(dim=0), first[1][1].softmax(dim=0))
