"""One question about many cases."""

import os

import pytest

from segmem.core.errors import InputError, MissingExtraError
from segmem.evaluate.workers import each


def half(number: int) -> int:
    if number % 2:
        raise InputError(f"{number} is odd.")
    return number // 2


def whose(_: int) -> int:
    return os.getpid()


def broken(_: int) -> int:
    raise ZeroDivisionError


@pytest.mark.parametrize("workers", [1, 2])
def test_a_fault_is_an_answer_and_the_others_go_on(workers: int) -> None:
    ticks: list[int] = []
    found = dict(each(half, [4, 5, 8], workers, lambda: ticks.append(1)))
    assert (found[4], found[8]) == (2, 4)
    assert str(found[5]) == "5 is odd."
    assert len(ticks) == 3


def test_several_are_other_processes_and_one_is_this() -> None:
    assert os.getpid() not in {answer for _, answer in each(whose, [1, 2], 2)}
    assert [answer for _, answer in each(whose, [1], 8)] == [os.getpid()]
    assert list(each(whose, [], 2)) == []


def lacking(_: int) -> int:
    raise MissingExtraError("no OpenCV")


@pytest.mark.parametrize("workers", [1, 2])
def test_what_the_machine_lacks_is_no_fault_of_the_case(workers: int) -> None:
    with pytest.raises(MissingExtraError, match="no OpenCV"):
        list(each(lacking, [1, 2], workers))


def test_what_is_no_fault_of_the_case_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        list(each(broken, [1], 1))
