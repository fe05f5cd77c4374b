import pytest

from segmem.core.errors import UsageError
from segmem.memory.bank_file import CaseBank, Encoder, Record
from segmem.memory.prune import pruned

ENCODER = Encoder(name="nano", sha256="a" * 64, input_size=(64, 64))
BANK = CaseBank(
    None,
    tuple(
        Record(task=task, confidence=sure)
        for task, sure in [("ct", 0.9), ("ct", 0.8), ("ct", 0.7), ("mr", 0.5), ("mr", 0.6)]
    ),
    ENCODER,
)


def left(**how) -> list[float]:
    return [record.confidence for record in pruned(BANK, **how).records]


def test_nothing_goes_where_nothing_is_asked():
    assert left() == [0.9, 0.8, 0.7, 0.5, 0.6]


def test_a_task_goes():
    assert left(tasks=["ct"]) == [0.5, 0.6]


def test_the_unsure_go():
    assert left(below=0.6) == [0.9, 0.8, 0.7, 0.6]


def test_tasks_take_turns_so_that_none_takes_all_places():
    assert left(keep=3) == [0.9, 0.8, 0.6]
    assert left(keep=0) == []


def test_a_task_that_is_not_there_is_named_with_the_nearest():
    with pytest.raises(UsageError, match=r"no entry of task 'mri'\. Did you mean 'mr'"):
        left(tasks=["mri"])
