import pytest
import torch

from segmem.asks import Ask, alike, asks_of
from segmem.core import PromptBatch

NAN = float("nan")
NOTHING = (NAN, NAN, NAN, NAN)
PAD = (0.0, 0.0, -1.0)


def points(ask: Ask) -> list[list[float]]:
    return ask.points.tolist()


def test_nothing_is_asked_without_a_prompt():
    assert asks_of(None, (1, 2), streams=2) == {}


def test_a_box_becomes_two_corners_and_points_follow_it_without_padding():
    prompt = PromptBatch(
        (7,),
        boxes=torch.tensor([[[1.0, 2, 3, 4]]]),
        points=torch.tensor([[[(5.0, 6, 1), PAD, (7.0, 8, 0)]]]),
    )
    (ask,) = asks_of(prompt, (7,), streams=1).values()
    assert points(ask) == [[1, 2, 2], [3, 4, 3], [5, 6, 1], [7, 8, 0]]
    assert ask.mask is None


def test_the_row_of_an_object_is_its_place_among_all_in_its_stream():
    boxes = torch.tensor([[[1.0, 1, 2, 2], NOTHING], [[3.0, 3, 4, 4], [5.0, 5, 6, 6]]])
    asked = asks_of(PromptBatch((30, 10), boxes=boxes), objects=(10, 20, 30), streams=2)
    assert {row: points(ask)[0][0] for row, ask in asked.items()} == {2: 1, 5: 3, 3: 5}


def test_a_mask_is_taken_alone_and_a_plane_of_nan_is_none():
    mask = torch.full((1, 2, 4, 4), NAN)
    mask[0, 1] = 0
    mask[0, 1, 1:3, 1:3] = 1
    boxes = torch.tensor([[[1.0, 1, 2, 2], [1.0, 1, 2, 2]]])
    asked = asks_of(PromptBatch((1, 2), boxes=boxes, mask=mask), (1, 2), streams=1)
    assert asked[0].mask is None
    assert asked[0].points is not None
    assert asked[1].points is None
    assert asked[1].mask.sum() == 4
    assert asked[1].mask.dtype == torch.float32


@pytest.mark.parametrize(
    "prompt",
    [
        PromptBatch((1,), boxes=torch.tensor([[NOTHING]])),
        PromptBatch((1,), points=torch.tensor([[[PAD, PAD]]])),
        PromptBatch((1,), mask=torch.full((1, 1, 4, 4), NAN)),
        PromptBatch((1,)),
    ],
)
def test_an_object_of_whom_nothing_is_said_is_not_asked_for(prompt):
    assert asks_of(prompt, (1,), streams=1) == {}


def test_rows_are_alike_by_kind_by_number_of_points_and_by_whether_they_are_tracked():
    one, two, mask = Ask(torch.zeros(1, 3)), Ask(torch.zeros(2, 3)), Ask(mask=torch.zeros(4, 4))
    asks = {0: one, 1: two, 2: mask, 3: one, 4: one, 6: mask, 7: two}
    tracked = [False, False, False, False, True, True, True, False]
    assert alike(asks, tracked) == [[0, 3], [1, 7], [2, 6], [4]]


def test_a_box_and_two_clicks_are_not_asked_alike():
    box = Ask(torch.tensor([[1.0, 1, 2], [9, 9, 3]]))
    clicks = Ask(torch.tensor([[1.0, 1, 1], [9, 9, 1]]))
    assert alike({0: box, 1: clicks, 2: box}, [False] * 3) == [[0, 2], [1]]
