import torch

from segmem.core import Prediction
from segmem.ops.resample import resample_image, resample_labels, resample_predictions


def test_a_shrunk_image_is_averaged_over_what_a_voxel_covers():
    stripes = torch.zeros(8, 1, 16, 16)
    stripes[::2] = 100.0
    small = resample_image(stripes, (2, 16, 16))
    assert torch.allclose(small, torch.full_like(small, 50.0), atol=15)
    columns = torch.zeros(2, 1, 4, 64)
    columns[..., ::2] = 100.0
    small = resample_image(columns, (2, 8, 8))  # one side grows, the other shrinks
    assert torch.allclose(small[..., 1:-1], torch.full((2, 1, 8, 6), 50.0), atol=5)


def test_a_ramp_stays_a_ramp():
    ramp = torch.arange(10.0)[:, None, None, None].expand(10, 1, 4, 4)
    fine = resample_image(ramp, (20, 4, 4))[:, 0, 0, 0]
    assert torch.allclose(fine[1:-1], torch.arange(1, 19) / 2 - 0.25)


def test_one_bad_voxel_spoils_no_other():
    scan = torch.full((4, 1, 8, 8), 7.0)
    scan[1, 0, 3, 3] = float("nan")
    assert torch.equal(resample_image(scan, (8, 16, 16)), torch.full((8, 1, 16, 16), 7.0))


def test_labels_take_the_class_with_the_largest_share():
    labels = torch.zeros(1, 6, 6, dtype=torch.uint8)
    labels[0, :3], labels[0, 3:] = 5, 9
    small = resample_labels(labels, (1, 2, 2))
    assert small.tolist() == [[[5, 5], [9, 9]]]
    assert small.dtype == torch.uint8


def test_an_outline_has_no_steps_where_voxels_get_smaller():
    axis = torch.arange(12) - 5.5
    disc = ((axis[:, None] ** 2 + axis[None] ** 2) < 20).byte()[None]
    fine = resample_labels(disc, (1, 48, 48))[0]
    axis = (torch.arange(48) + 0.5) / 4 - 6
    truth = (axis[:, None] ** 2 + axis[None] ** 2) < 20
    nearest = disc[0].repeat_interleave(4, 0).repeat_interleave(4, 1)
    assert (fine.bool() != truth).sum() < (nearest.bool() != truth).sum()


def test_logits_between_two_slices_are_between_theirs_and_few_are_held():
    held = []

    def coming():
        for index in range(4):
            held.append(index)
            yield Prediction(torch.full((1, 2, 4, 4), float(index)), torch.tensor([index / 4]))

    found = []
    for count, one in enumerate(resample_predictions(coming(), 4, (8, 8), 8)):
        assert one.logits.shape == (1, 2, 8, 8)
        found.append(float(one.logits[0, 0, 0, 0]))
        assert len(held) <= count // 2 + 2
    assert found == [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3]
