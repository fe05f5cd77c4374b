import torch

from segmem.ops.components import keep_pieces, number_pieces


def two_pieces() -> torch.Tensor:
    """Class 1: 8 voxels and 2 that touch each other by a corner; class 3: one voxel inside the first."""
    labels = torch.zeros(6, 8, 8, dtype=torch.uint8)
    labels[0:2, 0:2, 0:4] = 1
    labels[1, 1, 3] = 3
    labels[4, 6, 6] = labels[5, 7, 7] = 1
    return labels


def test_pieces_below_a_volume_become_background():
    labels = two_pieces()
    kept, _ = keep_pieces(labels, voxel_mm3=2.0, least_mm3=5.0)
    assert int((kept == 1).sum()) == 15
    assert int(kept[4:].sum()) == 0
    assert int((kept == 3).sum()) == 0
    kept, _ = keep_pieces(labels, voxel_mm3=2.0, least_mm3=4.0)  # exactly as large as is asked for
    assert int((kept == 1).sum()) == 17


def test_voxels_that_touch_by_a_corner_are_one_piece():
    _, each = keep_pieces(two_pieces(), voxel_mm3=1.0)
    assert each[0].sizes_mm3 == (15.0, 2.0)


def test_the_largest_piece_of_each_class_stays():
    kept, each = keep_pieces(two_pieces(), 1.0, only_largest=True)
    assert int((kept == 1).sum()) == 15
    assert int((kept == 3).sum()) == 1
    assert [(one.value, one.kept) for one in each] == [(1, 1), (3, 1)]


def test_both_wishes_together_may_leave_nothing():
    kept, each = keep_pieces(two_pieces(), 1.0, least_mm3=100.0, only_largest=True)
    assert int(kept.sum()) == 0
    assert [one.kept for one in each] == [0, 0]


def test_nothing_asked_changes_nothing_and_the_labels_given_stay():
    labels = two_pieces()
    before = labels.clone()
    kept, _ = keep_pieces(labels, 1.0)
    assert torch.equal(kept, before)
    keep_pieces(labels, 1.0, least_mm3=50)
    assert torch.equal(labels, before)


def test_pieces_are_numbered_class_by_class_from_the_largest_on():
    labels = two_pieces()
    numbers, classes = number_pieces(labels)
    assert classes == (1, 1, 3)
    assert torch.equal(numbers == 1, (labels == 1) & (torch.arange(6) < 3)[:, None, None])
    assert torch.equal(numbers == 2, (labels == 1) & (torch.arange(6) > 3)[:, None, None])
    assert torch.equal(numbers == 3, labels == 3)


def test_where_a_byte_is_too_small_the_smallest_pieces_have_no_number():
    labels = torch.zeros(1, 40, 40, dtype=torch.uint8)
    labels[0, ::2, ::2] = 1  # 400 pieces of one voxel
    labels[0, 10:13, 10:13] = 2
    numbers, classes = number_pieces(labels)
    assert len(classes) == 255
    assert classes[-1] == 2
    assert int((numbers == 255).sum()) == 9
    assert int((numbers > 0).sum()) == 254 + 9
