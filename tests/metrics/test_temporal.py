"""Temporal consistency on motion that is known."""

from math import isnan

import numpy as np
import pytest
import torch

from segmem.core.errors import GeometryError
from segmem.data.synthetic import make_clip
from segmem.data.synthetic_noise import fractal
from segmem.metrics.dis import Dis
from segmem.metrics.flow import BackwardFlow, backward_flows
from segmem.metrics.temporal import flicker, temporal_consistency

SHIFT = 6


def moving_disc(frames: int = 5) -> np.ndarray:
    """Class 1 disc with a class 2 core that goes right by SHIFT pixels a frame, away from borders."""
    y, x = np.indices((80, 120))
    far = [np.hypot(y - 40, x - 40 - SHIFT * t) for t in range(frames)]
    return np.stack([(f < 20).astype(np.uint8) + (f < 10) for f in far])


def true_flows(frames: int = 5, dx: float = -SHIFT) -> list[BackwardFlow]:
    step = np.zeros((80, 120, 2), np.float32)
    step[..., 0] = dx
    return [BackwardFlow(step, np.ones((80, 120), bool))] * (frames - 1)


def test_a_pure_shift_with_the_true_flow_is_exactly_one() -> None:
    result = temporal_consistency(moving_disc(), true_flows(), 3, "known", fps=25)

    assert result.mean == 1.0
    assert [c.mean for c in result.classes] == [1.0, 1.0]
    assert result.pairs == 4
    assert result.name == "TC (known, 25 fps)"


def test_the_wrong_direction_scores_lower_than_no_flow_and_that_lower_than_the_true_one() -> None:
    """Bringing the mask the wrong way doubles the error, the flaw of a published evaluation."""
    true, none, wrong = (
        temporal_consistency(moving_disc(), true_flows(dx=d), 3, "known").mean for d in (-SHIFT, 0, SHIFT)
    )

    assert wrong < none < true


def test_iou_without_flow_is_that_of_two_rectangles() -> None:
    """10 columns moved by 2: 8 in common of 12."""
    labels = np.zeros((2, 10, 40), np.uint8)
    labels[0, :, 10:20] = labels[1, :, 12:22] = 1
    still = [BackwardFlow(np.zeros((10, 40, 2), np.float32), np.ones((10, 40), bool))]

    assert temporal_consistency(labels, still, 2, "known").mean == pytest.approx(8 / 12)


def test_hidden_pixels_do_not_count() -> None:
    labels = np.zeros((2, 10, 40), np.uint8)
    labels[0, :, 10:20] = labels[1, :, 12:22] = 1
    valid = np.ones((10, 40), bool)
    valid[:, 10:12] = valid[:, 20:22] = False

    assert (
        temporal_consistency(
            labels, [BackwardFlow(np.zeros((10, 40, 2), np.float32), valid)], 2, "known"
        ).mean
        == 1.0
    )


def test_injected_flicker_lowers_it_in_step() -> None:
    clean = moving_disc()
    means = []
    for share in (0, 0.1, 0.3):
        noisy = clean.copy()
        flip = np.random.default_rng(0).random(clean.shape) < share
        noisy[flip & (clean == 1)] = 0
        means.append(temporal_consistency(noisy, true_flows(), 3, "known").mean)

    assert means[0] == 1.0
    assert means[0] > means[1] + 0.05 > means[2] + 0.1


def test_a_mask_missing_from_every_second_frame_scores_nought() -> None:
    labels = moving_disc()
    labels[1::2] = 0

    assert temporal_consistency(labels, true_flows(), 3, "known").mean == 0.0


def test_a_class_never_seen_is_left_out_and_counted() -> None:
    result = temporal_consistency(moving_disc(), true_flows(), 4, "known")

    assert result.mean == 1.0
    assert isnan(result.classes[2].mean)
    assert result.classes[2].absent == 4


def test_dis_on_a_textured_shift_is_nearly_one() -> None:
    plane = fractal(np.random.default_rng(1), (80, 120 + 5 * SHIFT), 12, 4) * 60 + 128
    grey = np.clip(plane, 0, 255).astype(np.uint8)
    crops = np.stack([grey[:, (4 - t) * SHIFT : (4 - t) * SHIFT + 120] for t in range(5)])
    frames = torch.from_numpy(crops)[:, None].expand(-1, 3, -1, -1)

    assert temporal_consistency(moving_disc(), backward_flows(frames, Dis()), 3, "DIS").mean >= 0.97


def test_the_truth_of_a_drawn_clip_is_consistent_and_a_noisy_copy_is_less_so() -> None:
    clip = make_clip(5, 8, (192, 240), hard_share=0)
    flows = list(backward_flows(clip.frames, Dis()))
    truth = clip.labels.numpy()
    worse = np.stack([np.roll(m, 4 * (t % 2), axis=1) for t, m in enumerate(truth)])

    good, bad = (temporal_consistency(labels, flows, 3, "DIS").mean for labels in (truth, worse))
    assert good > 0.9
    assert bad < good - 0.05


def test_the_name_says_when_the_frame_rate_is_unknown() -> None:
    assert temporal_consistency(moving_disc(), true_flows(), 3, "known").name == "TC (known, unknown fps)"


def test_one_frame_has_no_consistency() -> None:
    result = temporal_consistency(moving_disc(1), [], 3, "known")

    assert isnan(result.mean)
    assert result.pairs == 0


@pytest.mark.parametrize(
    ("count", "message"), [(3, "flow of frame 4 is missing"), (5, "more flows than the 4")]
)
def test_the_number_of_flows_must_fit(count: int, message: str) -> None:
    with pytest.raises(GeometryError, match=message):
        temporal_consistency(moving_disc(), true_flows(count + 1), 3, "known")


def test_the_size_of_flows_must_fit() -> None:
    with pytest.raises(GeometryError, match=r"of size \(80, 120\)"):
        temporal_consistency(moving_disc()[:, :50], true_flows(), 3, "known")


def test_flicker_is_the_share_that_changes_class() -> None:
    """Of 20 pixels of tool, 5 lose their class and 5 of background gain it: 10 of 25."""
    labels = np.zeros((2, 1, 60), np.uint8)
    labels[0, 0, :20] = 1
    labels[1, 0, 5:25] = 1
    still = [BackwardFlow(np.zeros((1, 60, 2), np.float32), np.ones((1, 60), bool))]

    assert flicker(labels, still, 2) == pytest.approx(10 / 25)
    assert flicker(labels[:1], [], 2) != flicker(labels[:1], [], 2)  # NaN: nothing to compare


def test_a_steady_mask_does_not_flicker() -> None:
    assert flicker(moving_disc(), true_flows(), 3) == 0
