import torch

from segmem.memory import LastAnswer
from segmem.memory.sound import sound, sound_rows


def answer(*values: float) -> LastAnswer:
    each = torch.tensor(values).view(-1, 1, 1, 1)
    return LastAnswer(each.expand(-1, 1, 2, 2), each.expand(-1, 3, 2, 2))


def test_a_row_with_one_number_that_is_none_is_not_sound():
    x = torch.zeros(4, 2, 3)
    x[1, 1, 2], x[3, 0, 0] = torch.nan, -torch.inf
    assert sound(x).tolist() == [True, False, True, False]


def test_rows_that_are_not_sound_stay_as_they_were():
    found = sound_rows(answer(1, torch.nan), answer(5, 6), torch.tensor([True, False]))
    assert found is not None
    assert found.picture[:, 0, 0, 0].tolist() == [1, 6]
    assert found.chances[:, 2, 1, 1].tolist() == [1, 6]


def test_where_all_rows_are_sound_nothing_is_copied_and_without_old_ones_nothing_is_kept():
    new, one = answer(1, 2), torch.tensor([True, False])
    assert sound_rows(new, answer(5, 6), ~one | one) is new
    assert sound_rows(new, None, one) is None
    assert sound_rows(None, answer(5, 6), one) is None
