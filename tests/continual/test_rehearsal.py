import pytest
import torch

from segmem.continual import rehearsal as module
from segmem.continual.kept import Kept
from segmem.continual.rehearsal import bank, by_chance, by_sureness, replay, shared, sources_of
from segmem.continual.settings import BankSettings, ReplaySettings


def test_each_task_has_an_equal_share_of_the_room():
    entries = {"a": [("1", 0.9), ("2", 0.8), ("3", 0.7)], "b": [("4", 0.1)]}
    assert shared(entries, 4) == {"a": entries["a"][:2], "b": entries["b"]}
    assert shared(entries, 1) == {"a": entries["a"][:1], "b": entries["b"]}
    assert shared(entries, 640) == entries


def test_the_surest_come_first_and_what_was_missed_altogether_does_not_come(course, monkeypatch):
    made = course(0)
    (source,) = made.material.of((), ("first",))
    sure = dict(zip([case.name for case in source.cases], [0.2, 0.0, 0.9], strict=True))
    monkeypatch.setattr(module, "sureness", lambda _, case, __: sure[case.name])
    found = by_sureness(made, source)
    assert [weight for _, weight in found] == [0.9, 0.2]
    assert sure[found[0][0]] == 0.9


def test_chance_keeps_every_case_in_an_order_of_the_seed(course):
    made = course(0)
    (source,) = made.material.of((), ("first",))
    assert {name for name, _ in by_chance(made, source)} == {case.name for case in source.cases}


def test_entries_are_drawn_as_their_weight_says_and_tasks_alike(course):
    sources = course(0).material.sources
    names = [case.name for case in sources[0].cases]
    made = sources_of({"first": [(names[0], 3.0), (names[1], 1.0)], "third": [("x", 1.0)]}, sources)
    assert [(source.weight, source.cases[0].name) for source in made] == [(0.75, names[0]), (0.25, names[1])]
    assert made[0].prompts == sources[0].prompts


@pytest.mark.parametrize(
    "make", [lambda k: replay(ReplaySettings(size=4), k), lambda k: bank(BankSettings(), k)]
)
def test_a_later_task_learns_old_cases_again_and_the_first_has_none(tmp_path, course, make, monkeypatch):
    monkeypatch.setattr(module, "sureness", lambda *_: 0.5)
    kept = Kept(tmp_path / "kept")
    strategy = make(kept)
    first = course(0)
    strategy.before_task(first, 0)
    objective = first.bare_objective()
    assert strategy.loss(objective, None) is None
    strategy.after_task(first, 0)
    assert kept.read_list(0).keys() == {"first"}
    resumed = make(kept)
    second = course(1)
    resumed.before_task(second, 1)
    torch.manual_seed(1)
    loss = resumed.loss(objective, None)
    assert loss > 0
    torch.manual_seed(1)
    assert torch.equal(resumed.loss(objective, None), loss)
    resumed.after_task(second, 1)
    assert kept.read_list(1).keys() == {"first", "second"}


def test_a_full_bank_forgets_the_least_sure_of_the_task_that_has_too_many(tmp_path, course, monkeypatch):
    monkeypatch.setattr(module, "sureness", lambda _, case, __: int(case.name[-1]) / 10 + 0.1)
    kept = Kept(tmp_path / "kept")
    strategy = bank(BankSettings(capacity=2), kept)
    for task in (0, 1):
        strategy.before_task(course(task), task)
        strategy.after_task(course(task), task)
    after_first, after_second = kept.read_list(0), kept.read_list(1)
    assert len(after_first["first"]) == 2
    assert after_second["first"] == after_first["first"][:1]
    assert len(after_second["second"]) == 1
