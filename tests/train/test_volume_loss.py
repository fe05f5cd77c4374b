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
PLAIN = VolumeLossSettings()


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


def told(*rows):
    return torch.tensor(rows, dtype=torch.bool)


def test_background_of_a_partial_label_may_be_any_class_that_it_does_not_tell():
    labels = torch.zeros(1, 1, 2)
    logits = torch.tensor([0.0, 2.0, 1.0]).log()[None, :, None, None].repeat(1, 1, 1, 2)  # shares 0, 2/3, 1/3
    partial = float(map_loss(logits, labels, PLAIN, told([True, False, True])))
    assert partial - dice_of_none(2 * 1 / 3) / 2 == pytest.approx(-math.log(2 / 3), abs=1e-5)
    everything = map_loss(
        logits_of(torch.ones(1, 1, 2), 3), labels, VolumeLossSettings(), told([True, False, True])
    )
    assert everything < 1e-3  # all is class 1, of which the label says nothing


def dice_of_none(area):
    return 1 - 1 / (area + 1)


def test_what_is_told_is_learnt_from_as_always():
    random = torch.Generator().manual_seed(0)
    logits, labels = torch.randn(2, 3, 4, 4, generator=random), torch.randint(3, (2, 4, 4), generator=random)
    all_told = told([True] * 3, [True] * 3)
    assert torch.equal(
        map_loss(logits, labels, VolumeLossSettings(), all_told),
        map_loss(logits, labels, VolumeLossSettings()),
    )


def test_a_slice_that_does_not_tell_a_class_gives_it_no_gradient_of_dice():
    labels = torch.zeros(2, 2, 2)
    labels[0] = 1
    logits = torch.zeros(2, 3, 2, 2, requires_grad=True)
    map_loss(logits, labels, ONLY_DICE, told([True, True, True], [True, False, False])).backward()
    assert logits.grad[0].abs().sum() > 0
    assert logits.grad[1].abs().sum() < 1e-30


def test_presence_and_quality_are_asked_of_told_classes_only():
    labels = torch.tensor([[[0, 2], [2, 2]]])
    right = logits_of(labels, 3)
    mute = VolumeLossSettings(pixel=0.0)
    wrong = torch.tensor([[30.0, 30.0]])  # class 1 is said to be there, with quality 0
    for asked, cost in (((True, True, True), 30 / 2), ((True, False, True), 0.0)):
        loss = proposal_loss(prepared(right[:, None], wrong), labels, mute, told(asked))
        assert float(loss) == pytest.approx(mute.presence * cost, abs=1e-3)
    unsure = torch.tensor([[0.0, 1.0]])  # truly 1 and 1
    for asked, cost in (((True, True, True), 0.5), ((True, False, True), 0.0)):
        loss = answer_loss(right, unsure, labels, mute, told(asked))
        assert float(loss) == pytest.approx(mute.quality * cost, abs=1e-3)
    assert answer_loss(right, unsure, labels, VolumeLossSettings(fine=0.0), told((True, False, False))) == 0
