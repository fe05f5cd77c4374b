import torch

from segmem.nn.promptable import ObjectMasks
from segmem.rows import Rows, ordered, taken


def rows(*numbers: int, coarse: bool = False) -> Rows:
    """A row for each number, filled with it."""
    value = torch.tensor(numbers, dtype=torch.float32)
    maps = value[:, None, None, None].expand(-1, 1, 2, 3)
    masks = ObjectMasks(maps, value, value[:, None], value, maps[..., :1] if coarse else None)
    return Rows(masks, value[:, None], value[:, None, None], value > 2, value > 0)


def test_rows_are_taken_by_place_however_deep_their_tensors_lie():
    some = taken(rows(1, 2, 3, coarse=True), [2, 0])
    assert some.pointer.tolist() == [[3], [1]]
    assert some.masks.logits[:, 0, 0, 0].tolist() == [3, 1]
    assert some.masks.coarse[:, 0, 0, 0].tolist() == [3, 1]
    assert some.pinned.tolist() == [True, False]
    assert taken(rows(1, 2), []).masks.logits.shape == (0, 1, 2, 3)


def test_parts_come_back_in_the_order_of_their_places():
    whole = ordered([rows(5, 1), rows(3, 0), rows(2)], torch.tensor([4, 0, 2, 3, 1]))
    assert whole.masks.quality.tolist() == [1, 2, 3, 0, 5]
    assert whole.tokens.flatten().tolist() == [1, 2, 3, 0, 5]
    assert whole.known.tolist() == [True, True, True, False, True]
    assert whole.masks.coarse is None


def test_masks_alone_can_be_put_in_order_too():
    masks = ordered([rows(4).masks, rows(9, 8).masks], torch.tensor([1, 2, 0]))
    assert masks.presence.tolist() == [8, 4, 9]
