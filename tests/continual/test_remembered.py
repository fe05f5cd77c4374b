from hashlib import sha256

import pytest
import torch

from labelled import decoded
from nano import nano_samed2_lite
from segmem.continual.remembered import remembered
from segmem.data.prompts import PromptSettings
from segmem.memory.bank_file import CaseBank
from segmem.methods.identity import encoder_of

BOX = PromptSettings(box=1, given=0)


@pytest.fixture(scope="module")
def model():
    return nano_samed2_lite(None)


@pytest.fixture
def empty(model):
    return CaseBank(None, (), encoder_of(model, "m"))


def cases(*names):
    made = [decoded(name, 1, kind="image") for name in names]
    for number, case in enumerate(made):
        case.frames[...] = 40 + 50 * number
        case.frames[:, :, number : number + 9] += 30
    return made


def test_each_case_is_an_entry_without_its_name(model, empty):
    bank = remembered(model, empty, cases("anna", "berta"), BOX, "task")
    assert [record.task for record in bank.records] == ["task", "task"]
    assert [record.case for record in bank.records] == [
        sha256(name.encode()).hexdigest()[:16] for name in ("anna", "berta")
    ]
    assert bank.bank.tokens.shape[:2] == (1, 2)
    assert not bank.damaged()


def test_an_entry_is_no_surer_than_it_is_right(model, empty):
    wrong = cases("a", "b")
    for case in wrong:
        case.labels[...] = 0
        case.labels[:, -3:, -3:] = 1
    right = remembered(model, empty, cases("a", "b"), BOX, "task").bank.score
    bound = remembered(model, empty, wrong, BOX, "task").bank.score
    assert bool((bound < 0.2).all())
    assert float(right.max()) > float(bound.max())


def test_a_task_that_is_remembered_again_takes_the_place_of_its_entries(model, empty):
    first = remembered(model, empty, cases("a", "b"), BOX, "first")
    both = remembered(model, first, cases("c"), BOX, "second")
    assert [record.task for record in both.records] == ["first", "first", "second"]
    again = remembered(model, both, cases("a"), BOX, "first")
    assert [record.task for record in again.records] == ["second", "first"]
    assert torch.equal(again.bank.tokens[:, 0], both.bank.tokens[:, 2]), "others stay as they are"


def test_what_is_not_sure_enough_is_not_remembered(model, empty, monkeypatch):
    monkeypatch.setattr(model.across, "min_quality", 2.0)
    bank = remembered(model, empty, cases("a"), BOX, "task")
    assert bank.bank is None
    assert bank.records == ()
