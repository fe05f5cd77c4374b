import math

import pytest
import torch

from segmem.train.mask_loss import MIXES, MaskMix, mask_loss, overlap


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
    weighed = (
        sum(-math.log(r) * (1 - r) ** 2 * (0.25 if b else 0.75) for r, b in zip(right, y, strict=True)) / 4
    )
    sam2 = mask_loss(logits, truth, MIXES["sam2"]).item()
    assert sam2 == pytest.approx(dice + 20 * weighed, abs=1e-5)


def test_a_coarse_answer_is_compared_with_the_share_of_each_cell():
    truth = torch.zeros(1, 1, 2, 6)
    truth[..., 0, :2] = 1
    truth[..., 2:4] = 1
    logits = torch.tensor([[[[0.3, 2.0, -1.0]]]])
    shares = torch.tensor([[[[0.5, 1.0, 0.0]]]])
    assert torch.allclose(mask_loss(logits, truth), mask_loss(logits, shares))


def test_clips_are_scored_each_by_itself():
    logits, truth = torch.randn(3, 1, 8, 8), (torch.rand(3, 1, 8, 8) > 0.5).float()
    for mix in MIXES.values():
        alone = torch.cat([mask_loss(logits[[i]], truth[[i]], mix) for i in range(3)])
        assert torch.allclose(mask_loss(logits, truth, mix), alone)


def test_the_quality_learns_what_overlap_the_mask_reaches():
    truth = torch.zeros(1, 1, 4, 4)
    truth[..., :2, :] = 1
    logits = (truth * 2 - 1) * 8
    logits[..., 0, :] = -8  # half of the object is missed
    mix = MaskMix(dice=0, focal=0, iou=1)
    quality = torch.tensor([0.8], requires_grad=True)
    loss = mask_loss(logits, truth, mix, quality)
    assert loss.item() == pytest.approx(0.3)
    loss.sum().backward()
    assert quality.grad.item() == 1


def test_overlap_is_the_iou_of_each_mask():
    mask, truth = torch.zeros(3, 4, 4, dtype=torch.bool), torch.zeros(3, 8, 8)
    mask[0, :2], truth[0, :4] = True, 1  # the same at half the size
    mask[1, :, :2], truth[1, :4] = True, 1  # 4 cells shared of 12
    assert overlap(mask, truth).tolist() == pytest.approx([1, 1 / 3, 0])


@pytest.fixture
def golden(golden_values):
    return {name: torch.as_tensor(value) for name, value in golden_values("samed2/losses.npz").items()}


@pytest.mark.parametrize(
    ("mix", "name"),
    [
        (MaskMix(squared=True, cross_entropy=1, focal=0), "dice_ce"),
        (MaskMix(dice=0, focal=1, alpha=0.25), "focal"),
        (MaskMix(dice=0, focal=0, iou=1), "iou_l1"),
        (MaskMix(squared=True, cross_entropy=1, focal=1, alpha=0.25, iou=1), "total_default"),
        (MIXES["released"], "total_evaluation"),
    ],
)
def test_the_released_losses_agree_with_samed2s_own_code(golden, mix, name):
    found = mask_loss(golden["logits"], golden["masks"].float(), mix, golden["iou_predicted"][:, 0])
    assert found.mean().item() == pytest.approx(float(golden[name]), abs=1e-5)
    if f"per_image_{name}" in golden:
        assert torch.allclose(found, golden[f"per_image_{name}"].float(), atol=1e-5)
