import torch

from segmem.ops.turn import TurnSettings, turn_away

ALWAYS = TurnSettings(share=1.0)


def clip(count=6):
    """Columns of growing brightness, and a thing that comes from the left."""
    frames = torch.arange(60, 124, dtype=torch.uint8).repeat(count, 3, 48, 1)
    labels = torch.zeros(count, 48, 64, dtype=torch.uint8)
    labels[:, 10:30, :30] = 2
    return frames, labels


def draw(seed, settings=ALWAYS, parts=None):
    random = torch.Generator().manual_seed(seed)
    frames, labels = parts or clip()
    return turn_away(frames, labels, settings, random)


def test_labels_move_with_what_they_name():
    """Rows and columns that were named, and none that came in."""
    seen = 0
    for seed in range(5):
        moved, drawn = draw(seed)
        for frame, shown in zip(moved, drawn, strict=True):
            assert not shown[:10].any()
            assert not shown[30:].any()
            assert bool((frame[0][shown > 0] < 90).all())
            seen += int(((shown > 0).sum() > 0) & ((shown > 0).sum() < 600))
    assert seen > 3


def test_things_leave_through_the_side_they_come_from_and_some_come_back():
    left = came_back = 0
    for seed in range(40):
        area = (draw(seed)[1] > 0).sum(dim=(1, 2))
        assert int(area.max()) <= 600
        gone = (area == 0).nonzero()[:, 0]
        left += len(gone) > 0
        came_back += len(gone) > 0 and bool(area[-1] > 0)
    assert left > 5
    assert came_back > 2


def test_reach_below_one_never_takes_all_away():
    near = TurnSettings(share=1.0, reach=(0.2, 0.5))
    for seed in range(20):
        area = (draw(seed, near)[1] > 0).sum(dim=(1, 2))
        assert int(area.min()) >= 300
        assert int(area.min()) < 600


def test_a_clip_without_labels_or_of_one_frame_stays_as_it_is():
    frames, labels = clip()
    empty = torch.zeros_like(labels)
    assert draw(1, parts=(frames, empty))[0] is frames
    assert draw(1, parts=(frames[:1], labels[:1]))[0].shape[0] == 1
    assert torch.equal(draw(1, parts=(frames[:1], labels[:1]))[0], frames[:1])


def test_with_a_share_of_zero_nothing_is_drawn():
    random = torch.Generator().manual_seed(3)
    before = random.get_state()
    frames, labels = clip()
    assert turn_away(frames, labels, TurnSettings(), random)[0] is frames
    assert torch.equal(before, random.get_state())


def test_the_share_is_kept():
    turned = sum(not torch.equal(draw(seed, TurnSettings(share=0.3))[1], clip()[1]) for seed in range(200))
    assert 35 < turned < 85
