import torch

from segmem.memory import ClassSums


def sums(value: float) -> ClassSums:
    return ClassSums(
        torch.full((1, 2), value), torch.full((1, 2, 3), 2 * value), torch.full((1, 3, 3), 3 * value)
    )


def test_what_came_before_is_kept_in_part():
    both = sums(1.0).after(sums(10.0), keep=0.5)
    assert both.number.unique().tolist() == [6.0]
    assert both.first.unique().tolist() == [12.0]
    assert both.second.unique().tolist() == [18.0]


def test_the_first_frame_has_nothing_before_it():
    first = sums(1.0)
    assert first.after(None, keep=0.5) is first


def test_what_was_handed_on_is_not_changed():
    before = sums(10.0)
    sums(1.0).after(before, keep=0.5)
    assert before.number.unique().tolist() == [10.0]


def test_detached_sums_know_of_no_graph():
    grown = ClassSums(
        *(x.requires_grad_() * 2 for x in (torch.ones(1, 2), torch.ones(1, 2, 3), torch.ones(1, 3, 3)))
    )
    alone = grown.detach()
    assert not any(x.requires_grad for x in (alone.number, alone.first, alone.second))
