import pytest
import torch

from segmem.ops.geometric import GeometricSettings, draw_affine, warp

STILL = {"flip": 0.0, "degrees": 0.0, "scale": (1.0, 1.0), "translate": 0.0, "shear": 0.0}
BLACK = torch.zeros(3)


def random(seed=0):
    made = torch.Generator()
    made.manual_seed(seed)
    return made


def painted(frames=2, size=(40, 60)):
    """Frames whose colour says their label, and the labels: two blocks."""
    labels = torch.zeros(frames, *size, dtype=torch.uint8)
    labels[:, 8:20, 10:30], labels[:, 20:32, 24:44] = 1, 2
    return torch.stack([labels == 1, labels == 2, labels == 0], dim=1).float(), labels


@pytest.mark.parametrize("seed", range(8))
def test_labels_stay_where_the_image_is(seed):
    frames, labels = painted()
    maps = draw_affine(2, GeometricSettings(motion=1.0, vertical_flip=0.5), False, random(seed))
    moved, drawn = warp(frames, labels, maps, (64, 64), BLACK)
    for value, channel in ((1, 0), (2, 1)):
        seen = moved[:, channel] > 0.5
        wrong = (seen != (drawn == value)).sum()
        assert int(wrong) <= 0.06 * int(seen.sum()) + 8


def test_the_identity_leaves_the_frame_in_the_upper_left_corner():
    frames, labels = painted()
    maps = draw_affine(2, GeometricSettings(**STILL), False, random())
    fill = torch.tensor([0.1, 0.2, 0.3])
    moved, drawn = warp(frames, labels, maps, (64, 96), fill)
    assert torch.allclose(moved[..., :40, :60], frames, atol=1e-4)
    assert torch.equal(drawn[:, :40, :60], labels)
    assert torch.allclose(moved[..., 41:, :], fill[:, None, None].expand(2, 3, 23, 96))
    assert int(drawn[:, 40:].sum()) == 0


def test_a_flip_mirrors_about_the_middle():
    frames, labels = painted()
    maps = draw_affine(2, GeometricSettings(**{**STILL, "flip": 1.0}), False, random())
    moved, drawn = warp(frames, labels, maps, (40, 60), BLACK)
    assert torch.allclose(moved, frames.flip(-1), atol=1e-4)
    assert torch.equal(drawn, labels.flip(-1))


def test_a_scale_of_two_makes_areas_four_times_as_large():
    frames, labels = painted()
    labels = labels * (labels == 1)
    maps = draw_affine(2, GeometricSettings(**{**STILL, "scale": (1.999, 2.0)}), False, random())
    _, drawn = warp(frames, labels, maps, (40, 60), BLACK)
    inside = labels[:, 10:30, 15:45].sum()  # what is still in view
    assert abs(int(drawn.sum()) - 4 * int(inside)) < 40


def test_without_motion_all_frames_move_alike():
    maps = draw_affine(5, GeometricSettings(), False, random())
    assert torch.equal(maps, maps[:1].expand(5, 3, 3))


def test_with_motion_frames_drift_in_small_steps():
    maps = draw_affine(9, GeometricSettings(), True, random(3))
    steps = (maps[1:] - maps[:-1]).abs().amax(dim=(1, 2))
    assert float(steps.min()) > 0
    assert float(steps.max()) < 0.5 * float((maps[-1] - maps[0]).abs().max()) + 0.1
