import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from segmem.data.prompts import (
    PromptSettings,
    clicks,
    loosened,
    of_objects,
    say,
    tight_box,
)

LOW = (40, 60)


def only(kind: str, **more) -> PromptSettings:
    return PromptSettings(**{"box": 0, "given": 0, kind: 1, **more})


def two() -> torch.Tensor:
    masks = torch.zeros(2, 40, 60)
    masks[0, 10:30, 20:50] = 1
    masks[1, :8, 40:] = 1
    return masks


def random(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_tight_box_ends_where_the_object_does():
    mask = torch.zeros(10, 12)
    mask[2:5, 3:9] = 1
    assert tight_box(mask).tolist() == [3, 2, 9, 5]
    assert tight_box(torch.zeros(10, 12)).tolist() == [0, 0, 12, 10]


@given(st.integers(0, 1000))
def test_a_loosened_box_holds_the_object_and_stays_in_the_image(seed):
    settings = only("box", slack=0.1, jitter=0)
    for mask in two():
        tight = tight_box(mask)
        box = loosened(tight, mask, settings, random(seed))
        outwards = (box - tight) * torch.tensor([-1, -1, 1, 1])
        size = (tight[2:] - tight[:2]).repeat(2)
        assert (outwards >= 0).all()
        assert (outwards <= 0.1 * size + 1e-4).all()
        assert (box >= 0).all()
        assert (box <= torch.tensor([60, 40, 60, 40])).all()


def test_jitter_is_of_an_image_of_1024_and_scaled_to_the_grid():
    mask = torch.zeros(256, 128)
    mask[100:110, 60:70] = 1
    settings = only("box", slack=0, jitter=20)
    tight = tight_box(mask)
    moved = torch.stack([loosened(tight, mask, settings, random(seed)) - tight for seed in range(300)]).abs()
    assert 4.5 < moved.max() <= 5
    assert moved.min() < 0.5


def test_clicks_are_inside_the_object_as_x_and_y():
    for mask in two():
        said = clicks(mask, 30, random())
        assert said.shape == (30, 3)
        assert (said[:, 2] == 1).all()
        assert all(mask[int(y), int(x)] == 1 for x, y, _ in said.tolist())


def test_a_click_on_nothing_is_in_the_middle():
    assert clicks(torch.zeros(40, 60), 1).tolist() == [[30, 20, 1]]


def test_each_kind_says_what_it_is_called_and_nothing_else():
    said = {kind: say(two(), [only(kind)] * 2, LOW) for kind in ("box", "points", "coarse", "given")}
    there = {
        kind: {name for name in ("boxes", "points", "mask", "earlier") if getattr(one, name) is not None}
        for kind, one in said.items()
    }
    assert there == {
        "box": {"boxes"},
        "points": {"points"},
        "coarse": {"points", "earlier"},
        "given": {"mask"},
    }
    assert said["points"].points.shape == (2, 1, 8, 3)
    assert said["coarse"].points.shape == (2, 1, 1, 3)
    assert torch.equal(said["given"].mask[:, 0], two())


def test_rows_of_one_batch_may_be_asked_in_different_ways():
    said = say(two(), [only("points", clicks=3), only("coarse")], LOW)
    assert (said.points[0, 0, :, 2] == 1).all()
    assert said.points[1, 0, :, 2].tolist() == [1, -1, -1]
    assert said.earlier[0].isnan().all()
    assert not said.earlier[1].isnan().any()


def test_kinds_come_as_often_as_their_shares_say():
    settings = PromptSettings(box=0.7, given=0.3)
    masks = two()[:1].expand(400, -1, -1)
    share = say(masks, [settings] * 400, LOW, random()).boxes.isnan().any(dim=-1).float().mean()
    assert 0.2 < share < 0.4


def test_the_same_generator_says_the_same():
    settings = [PromptSettings(box=1, points=1, coarse=1, jitter=20)] * 2
    first, second = (say(two(), settings, LOW, random(5)) for _ in range(2))
    for name in ("boxes", "points", "earlier"):
        one, other = getattr(first, name), getattr(second, name)
        assert one is other is None or torch.equal(one.nan_to_num(-9), other.nan_to_num(-9))


def test_objects_of_one_stream_are_said_together():
    said = of_objects(say(two(), [only("box")] * 2, LOW), (3, 7))
    assert said.objects == (3, 7)
    assert said.boxes.shape == (1, 2, 4)


def test_the_main_kind_is_the_most_frequent_that_is_not_the_answer_itself():
    assert PromptSettings(box=0.2, points=0.5, given=0.9).main().points == 1
    assert PromptSettings(given=1.0, box=0.1).main().given == 0


def test_prompts_without_a_share_are_refused():
    with pytest.raises(ValidationError, match="no kind of prompt has a share"):
        PromptSettings(box=0, given=0)


def test_a_box_that_a_network_drew_may_cut_the_object():
    mask = torch.zeros(100, 100)
    mask[20:60, 30:80] = 1
    settings = PromptSettings(slack=0.2, within=0.1)
    each = torch.stack([loosened(tight_box(mask), mask, settings, random(seed)) for seed in range(300)])
    inwards = (each - tight_box(mask)) * torch.tensor([1, 1, -1, -1]) / torch.tensor([50, 40, 50, 40])
    assert 0.09 < inwards.max() <= 0.1
    assert -0.2 <= inwards.min() < -0.19
