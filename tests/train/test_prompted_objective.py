import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nano import nano_litemedsam
from segmem.train import prompted_objective as module
from segmem.train.prompted_objective import (
    LEAST,
    SLACK,
    PromptedObjective,
    choose_objects,
    mask_loss,
    overlap,
    prompt_of,
    tight_box,
)


@pytest.fixture(autouse=True)
def chance():
    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def understood(monkeypatch):
    """Every prompt counts as understood: random weights answer with anything."""
    monkeypatch.setattr(module, "overlap", lambda mask, _: torch.ones(len(mask)))


def clips(model, batch: int = 2, length: int = 4):
    """Features of noise, and the labels of two squares."""
    random = torch.Generator().manual_seed(1)
    frames = torch.randn(batch, length, 3, 64, 64, generator=random)
    with torch.no_grad():
        features = torch.stack([model.encode(frames[:, t]).top for t in range(length)], dim=1)
    labels = torch.zeros(batch, length, 64, 64, dtype=torch.uint8)
    labels[..., 8:30, 8:30] = 1
    labels[..., 36:60, 30:60] = 2
    return features, labels, torch.ones(batch, length, dtype=torch.bool)


def loss_of(objective, *given) -> torch.Tensor:
    torch.manual_seed(3)
    return objective(*given)


def test_a_perfect_mask_costs_nothing_and_a_wrong_one_about_eleven():
    truth = torch.zeros(2, 1, 8, 8)
    truth[:, :, :4] = 1
    right = truth * 40 - 20
    assert mask_loss(right, truth).max() < 1e-3
    assert mask_loss(-right, truth).min() > 10


def test_the_loss_is_dice_and_ten_times_focal_written_out():
    logits, truth = (
        torch.tensor([0.5, -1.0, 2.0, 0.0]).view(1, 1, 2, 2),
        torch.tensor([1.0, 0, 1, 1]).view(1, 1, 2, 2),
    )
    p = [1 / (1 + math.exp(-x)) for x in (0.5, -1.0, 2.0, 0.0)]
    y = (1, 0, 1, 1)
    shared = sum(a * b for a, b in zip(p, y, strict=True))
    dice = 1 - (2 * shared + 1) / (sum(p) + sum(y) + 1)
    right = [a if b else 1 - a for a, b in zip(p, y, strict=True)]
    focal = sum(-math.log(r) * (1 - r) ** 2 for r in right) / 4
    assert mask_loss(logits, truth).item() == pytest.approx(dice + 10 * focal, abs=1e-5)


def test_a_coarse_answer_is_compared_with_the_share_of_each_cell():
    truth = torch.zeros(1, 1, 2, 6)
    truth[..., 0, :2] = 1
    truth[..., 2:4] = 1
    logits = torch.tensor([[[[0.3, 2.0, -1.0]]]])
    shares = torch.tensor([[[[0.5, 1.0, 0.0]]]])
    assert torch.allclose(mask_loss(logits, truth), mask_loss(logits, shares))


def test_clips_are_scored_each_by_itself():
    logits, truth = torch.randn(3, 1, 8, 8), (torch.rand(3, 1, 8, 8) > 0.5).float()
    alone = torch.cat([mask_loss(logits[[i]], truth[[i]]) for i in range(3)])
    assert torch.allclose(mask_loss(logits, truth), alone)


def test_one_object_of_the_first_frame_is_chosen_and_followed():
    labels = torch.zeros(40, 3, 16, 16, dtype=torch.uint8)
    labels[:, 0, :8, :8] = 1
    labels[:, 0, 8:, 8:] = 2
    labels[:, 1, :4, :8] = 1
    labels[:, 2, 8:, :4] = 2
    truth, good = choose_objects(labels)
    assert bool(good.all())
    areas = {tuple(clip.sum(dim=(1, 2)).int().tolist()) for clip in truth}
    assert areas == {(64, 32, 0), (64, 0, 32), (128, 32, 32)}, "each class, or now and then all together"


@pytest.mark.parametrize(("pixels", "good"), [(LEAST - 1, False), (LEAST, True)])
def test_an_object_of_too_few_pixels_is_not_worth_following(pixels, good):
    labels = torch.zeros(1, 2, 16, 16, dtype=torch.uint8)
    labels.view(-1)[:pixels] = 3
    assert choose_objects(labels)[1].tolist() == [good]


def test_a_tight_box_ends_where_the_object_does():
    mask = torch.zeros(10, 12)
    mask[2:5, 3:9] = 1
    assert tight_box(mask).tolist() == [3, 2, 9, 5]
    assert tight_box(torch.zeros(10, 12)).tolist() == [0, 0, 12, 10]


@given(st.integers(0, 1000))
def test_a_loosened_box_holds_the_object_and_stays_in_the_image(seed):
    torch.manual_seed(seed)
    mask = torch.zeros(2, 40, 60)
    mask[0, 10:30, 20:50] = 1
    mask[1, :8, 40:] = 1
    prompt = prompt_of(mask, masks=0.0)
    assert prompt.objects == (1,)
    assert prompt.boxes.shape == (2, 1, 4)
    for box, one in zip(prompt.boxes[:, 0], mask, strict=True):
        tight = tight_box(one)
        outwards = (box - tight) * torch.tensor([-1, -1, 1, 1])
        size = (tight[2:] - tight[:2]).repeat(2)
        assert (outwards >= 0).all()
        assert (outwards <= SLACK * size + 1e-4).all()
        assert (box >= 0).all()
        assert (box <= torch.tensor([60, 40, 60, 40])).all()


def test_some_clips_begin_with_a_mask():
    mask = torch.zeros(2, 40, 60)
    mask[:, 10:30, 20:50] = 1
    prompts = [prompt_of(mask, masks=0.3) for _ in range(200)]
    given_masks = [one for one in prompts if one.boxes is None]
    assert 30 < len(given_masks) < 90
    assert torch.equal(given_masks[0].mask[:, 0], mask)
    assert all(one.mask is None for one in prompts if one.boxes is not None)


def test_the_loss_teaches_all_of_the_memory_and_nothing_else(monkeypatch):
    monkeypatch.setattr("segmem.train.prompted_objective.MASKS", 0.0)
    model = nano_litemedsam()
    given_clips = clips(model)
    loss_of(PromptedObjective(model, 4), *given_clips).backward()
    silent = {name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0}
    expected = {name for name, _ in model.named_parameters() if name.startswith("network.base.")}
    assert silent == expected


def test_frames_without_a_label_and_clips_without_an_object_count_nothing(monkeypatch):
    monkeypatch.setattr("segmem.train.prompted_objective.MASKS", 0.0)
    model = nano_litemedsam()
    features, labels, labelled = clips(model)
    labels[labels == 2] = 0
    objective = PromptedObjective(model, 4)
    labelled[:, 2] = False
    other = labels.clone()
    other[:, 2] = 0
    assert torch.equal(
        loss_of(objective, features, labels, labelled), loss_of(objective, features, other, labelled)
    )
    other[:, 3] = 0
    assert not torch.equal(
        loss_of(objective, features, labels, labelled), loss_of(objective, features, other, labelled)
    )
    empty = labels.clone()
    empty[1] = 0
    alone = loss_of(objective, features[:1], labels[:1], labelled[:1])
    assert torch.allclose(loss_of(objective, features, empty, labelled)[None], alone[None], atol=1e-4)


def test_a_prompt_that_was_answered_with_something_else_teaches_nothing(monkeypatch):
    model = nano_litemedsam()
    given_clips = clips(model)
    assert loss_of(PromptedObjective(model, 4), *given_clips) > 0
    monkeypatch.setattr(module, "overlap", lambda mask, _: torch.zeros(len(mask)))
    assert loss_of(PromptedObjective(model, 4), *given_clips) == 0


def test_overlap_is_the_iou_of_each_mask():
    mask, truth = torch.zeros(3, 4, 4, dtype=torch.bool), torch.zeros(3, 8, 8)
    mask[0, :2], truth[0, :4] = True, 1  # the same at half the size
    mask[1, :, :2], truth[1, :4] = True, 1  # 4 cells shared of 12
    assert overlap(mask, truth).tolist() == pytest.approx([1, 1 / 3, 0])


def test_back_propagation_stops_where_it_is_told(monkeypatch):
    monkeypatch.setattr("segmem.train.prompted_objective.MASKS", 0.0)

    only_last = torch.zeros(2, 4, dtype=torch.bool)
    only_last[:, -1] = True

    def reached(back: int) -> list[bool]:
        model = nano_litemedsam()
        features, labels, _ = clips(model)
        features.requires_grad_()
        loss_of(PromptedObjective(model, back), features, labels, only_last).backward()
        return [bool(features.grad[:, t].abs().sum() > 0) for t in range(4)]

    assert reached(1) == [False, False, False, True]
    assert reached(3) == [False, True, True, True]
    assert reached(4) == [True] * 4
