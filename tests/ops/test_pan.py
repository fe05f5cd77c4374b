import pytest
import torch

from segmem.ops.pan import lit, painted_over, pan

TISSUE, TOOL = 120, 250


def view(border=0):
    """Tissue, a bright tool that comes from the left, and a dark border of so many columns at both sides."""
    frame = torch.full((3, 48, 64), TISSUE, dtype=torch.uint8)
    label = torch.zeros(48, 64, dtype=torch.uint8)
    frame[:, 10:30, :30] = TOOL
    label[10:30, :30] = 2
    if border:
        frame[..., :border] = frame[..., -border:] = 0
    return frame, label


def test_a_view_that_does_not_move_is_the_same():
    frame, label = view()
    moved, drawn = pan(frame, label, 0, -1)
    assert moved is frame
    assert drawn is label


@pytest.mark.parametrize("axis", [-2, -1])
@pytest.mark.parametrize("shift", [-40, -7, 5, 33, 80])
def test_what_is_named_moves_with_its_look_and_comes_in_nowhere(axis, shift):
    frame, label = view()
    if axis == -2:
        frame, label = frame.mT.contiguous(), label.mT.contiguous()
    moved, drawn = pan(frame, label, shift, axis)
    assert torch.equal(drawn > 0, moved[0] > 200)
    kept = 30 - max(0, -shift) if shift < 0 else max(0, min(30, 64 - shift))
    assert int((drawn > 0).sum()) == 20 * max(0, kept)


def test_what_comes_in_is_the_background_mirrored():
    ramp = torch.arange(100, 164, dtype=torch.uint8).expand(3, 48, 64).contiguous()
    moved, _ = pan(ramp, torch.zeros(48, 64, dtype=torch.uint8), 10, -1)
    assert moved[0, 0, :10].tolist() == list(range(109, 99, -1))
    assert torch.equal(moved[..., 10:], ramp[..., :-10])


def test_a_dark_border_stays_where_it_is_and_nothing_is_named_in_it():
    frame, label = view(border=4)
    assert lit(frame, -1) == (4, 60)
    assert lit(frame, -2) == (0, 48)
    moved, drawn = pan(frame, label, -60, -1)
    assert torch.equal(moved[..., :4], frame[..., :4])
    assert int(moved[..., 4:60].min()) >= TISSUE - 1
    assert not drawn.any()


def test_a_black_frame_has_no_border_wider_than_a_quarter():
    assert lit(torch.zeros(3, 40, 64), -1) == (0, 64)
    spot = torch.zeros(3, 40, 64)
    spot[..., 30:34] = 1
    assert lit(spot, -1) == (16, 48)


@pytest.mark.parametrize("kind", [torch.uint8, torch.float32])
def test_what_is_painted_over_looks_like_what_is_around_it(kind):
    frame, label = view()
    frame[:, :, 40:] = 80
    painted = painted_over(frame.to(kind), label)
    assert painted.dtype == kind
    hidden = label > 0
    assert (painted[:, hidden].float() - TISSUE).abs().max() <= 20
    assert torch.equal(painted[:, :, 34:], frame.to(kind)[:, :, 34:])


def test_a_frame_that_is_labelled_all_over_has_no_background_and_is_painted_black():
    frame = torch.full((3, 16, 16), 200, dtype=torch.uint8)
    assert not painted_over(frame, torch.ones(16, 16, dtype=torch.uint8)).any()
