import math

import pytest
import torch

from segmem.nn.lapg_network import Prepared
from segmem.train.volume_loss import (
    VolumeLossSettings,
    answer_loss,
    map_loss,
    proposal_loss,
    true_quality,
)

ONLY_DICE = VolumeLossSettings(pixel=0.0)


def logits_of(labels: torch.Tensor, classes: int, sure: float = 30.0) -> torch.Tensor:
    return sure * torch.nn.functional.one_hot(labels.long(), classes).movedim(-1, 1).float()


def test_a_perfect_answer_costs_nothing():
    labels = torch.tensor([[[0, 1], [2, 2]]])
    assert map_loss(logits_of(labels, 3), labels, VolumeLossSettings()) < 1e-3


def test_dice_by_hand():
    labels = torch.tensor([[[1, 1, 0, 0]]])
    found = torch.tensor([[[1, 0, 0, 0]]])
    # overlap 1, areas 2 and 1: (2 + 1) / (3 + 1)
    assert float(map_loss(logits_of(found, 2), labels, ONLY_DICE)) == pytest.approx(1 - 3 / 4, abs=1e-4)


def test_cross_entropy_and_its_focus_by_hand():
    labels, logits = torch.zeros(1, 1, 1), torch.zeros(1, 2, 1, 1)
    dice = float(map_loss(logits, labels, ONLY_DICE))
    plain = float(map_loss(logits, labels, VolumeLossSettings()))
    focal = float(map_loss(logits, labels, VolumeLossSettings(focus=2.0)))
    assert plain - dice == pytest.approx(math.log(2))
    assert focal - dice == pytest.approx(math.log(2) / 4)


def test_dice_is_of_all_slices_together():
    full, empty = torch.ones(1, 2, 2), torch.zeros(1, 2, 2)
    labels = torch.cat([full, empty])
    wrong = torch.cat([full, torch.tensor([[[1.0, 0], [0, 0]]])])  # one pixel on the empty slice
    assert float(map_loss(logits_of(wrong, 2), labels, ONLY_DICE)) == pytest.approx(1 - 9 / 10, abs=1e-4)


def test_labels_four_times_as_fine_are_averaged():
    labels = torch.zeros(1, 4, 4)
    labels[:, :2] = 1
    coarse = torch.tensor([[[1]]])
    half = map_loss(logits_of(coarse, 2), labels, ONLY_DICE)
    assert float(half) == pytest.approx(1 - (2 * 0.5 + 1) / (1.5 + 1), abs=1e-4)


def test_quality_by_hand():
    labels = torch.tensor([[[1, 1, 0, 0]]])
    logits = logits_of(torch.tensor([[[1, 0, 0, 0]]]), 3)
    assert true_quality(logits, labels).tolist() == [[0.5, 1.0]]  # class 2 is neither there nor found
    off = answer_loss(logits, torch.tensor([[0.5, 0.6]]), labels, VolumeLossSettings(fine=0.0, quality=1.0))
    assert float(off) == pytest.approx(0.2)


def prepared(coarse: torch.Tensor, presence: torch.Tensor) -> Prepared:
    nothing = torch.zeros(1)
    return Prepared(nothing, (), nothing, nothing, coarse, presence)


def test_every_layer_counts_by_its_weight_and_presence_by_its_own():
    labels = torch.tensor([[[0, 1], [1, 1]]])
    right, wrong = logits_of(labels, 2), logits_of(1 - labels, 2)
    sure = torch.tensor([[30.0]])
    whole = VolumeLossSettings(coarse=1.0, earlier=0.25, pixel=0.0)

    def loss(*layers, presence=sure):
        return float(proposal_loss(prepared(torch.stack(layers, dim=1), presence), labels, whole))

    assert loss(right, right) < 1e-3
    assert loss(wrong, right) == pytest.approx(0.25 * loss(wrong), abs=1e-3)
    assert loss(right, presence=-sure) == pytest.approx(3.0, abs=1e-3)


def test_a_generator_that_draws_nothing_is_not_judged():
    labels = torch.ones(1, 2, 2)
    assert proposal_loss(prepared(torch.zeros(1, 0, 2, 2, 2), torch.zeros(1, 1)), labels, ONLY_DICE) == 0
