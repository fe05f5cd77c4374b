import pytest
import torch

from segmem.continual.plan import run_settings
from segmem.continual.reading import Reading
from segmem.continual.settings import MemorySettings
from segmem.continual.strategy import Naive
from segmem.core.errors import SettingsError, WeightsError
from segmem.data.store import Store
from segmem.memory.bank_file import CaseBank, read_bank, write_bank
from segmem.methods.identity import encoder_of
from segmem.methods.own_bank import BANK
from segmem.train.course import make_course
from segmem.train.machine import make_fabric
from segmem.train.material import gather

PARTS = {"prompted": {"parts": ["prompts", "decoder", "cases"]}}


@pytest.fixture
def reading_course(tmp_path, data, stream, small_with_cases):
    """Makes the course of a task of a model with a memory of other cases, with a strategy beside it."""

    def make(task: int, beside=None, **changes):
        settings = run_settings(stream(stage={**PARTS, **changes}))
        model = small_with_cases(settings.model)
        material = gather(settings, data, Store(tmp_path / "cache"), model, tested=True)
        torch.manual_seed(0)
        return make_course(make_fabric(settings), settings, settings.stages[task], material, model, beside)

    return make


def strategy(folder, **changes) -> Reading:
    return Reading(MemorySettings(**changes), folder / "kept", Naive())


def tasks(path) -> list[str]:
    return [record.task for record in read_bank(path).records]


def test_a_task_is_remembered_before_it_is_learnt_and_anew_after_it(tmp_path, reading_course):
    made, first = strategy(tmp_path), reading_course(0)
    assert made.cases(first.model) is None, "nothing is known before the first"
    made.before_task(first, 0)
    assert tasks(tmp_path / "kept" / "bank-00-before.safetensors") == ["first"] * 3
    with torch.no_grad():
        for parameter in first.model.network.base.mask_decoder.parameters():
            parameter.mul_(1.5)
    made.after_task(first, 0)
    made.before_task(reading_course(1), 1)
    assert tasks(tmp_path / "kept" / "bank-01-before.safetensors") == ["first"] * 3 + ["second"] * 3
    before, after = (
        read_bank(tmp_path / "kept" / f"bank-00-{when}.safetensors") for when in ("before", "after")
    )
    assert not torch.equal(before.bank.tokens, after.bank.tokens)
    assert tasks(tmp_path / BANK) == ["first"] * 3, "the run's bank is what `segmem predict --bank` reads"


def test_without_it_only_earlier_tasks_are_read(tmp_path, reading_course):
    made = strategy(tmp_path, before=False)
    made.before_task(reading_course(0), 0)
    assert made.cases(reading_course(0).model) is None
    made.after_task(reading_course(0), 0)
    made.before_task(reading_course(1), 1)
    assert tasks(tmp_path / "kept" / "bank-01-before.safetensors") == ["first"] * 3


def test_what_is_read_changes_a_step_and_teaches_the_reader(tmp_path, reading_course):
    made = strategy(tmp_path, itself=1.0)  # pictures of noise are all alike
    course = reading_course(0, beside=_Beside(made))
    alone = _loss(course)
    made.before_task(course, 0)
    assert not torch.equal(_loss(course), alone)
    _loss(course).backward()
    gradients = [parameter.grad for parameter in course.model.across.reader.parameters()]
    assert all(one is not None and bool(one.abs().sum() > 0) for one in gradients)


def test_a_run_that_is_resumed_reads_what_it_read(tmp_path, reading_course):
    made, course = strategy(tmp_path), reading_course(0)
    made.before_task(course, 0)
    read = made.cases(course.model).shared
    with torch.no_grad():
        for parameter in course.model.network.base.mask_decoder.parameters():
            parameter.mul_(1.5)
    again = strategy(tmp_path)
    again.before_task(course, 0)
    assert torch.equal(again.cases(course.model).shared.tokens, read.tokens)
    assert torch.equal(again.cases(course.model).shared.score, read.score)


def test_a_bank_of_an_earlier_run_is_begun_with_and_another_encoder_s_is_refused(tmp_path, reading_course):
    first = strategy(tmp_path / "old")
    course = reading_course(0)
    first.before_task(course, 0)
    first.after_task(course, 0)
    later = strategy(tmp_path / "new", begin_with=str(tmp_path / "old" / BANK), before=False)
    assert len(later.cases(course.model).shared.frame[0]) == 3, "read before anything is learnt"
    bank = read_bank(tmp_path / "old" / BANK)
    other = bank.encoder.model_copy(update={"sha256": "0" * 64})
    write_bank(tmp_path / "other.safetensors", CaseBank(bank.bank, bank.records, other))
    with pytest.raises(WeightsError, match="made by"):
        strategy(tmp_path, begin_with=str(tmp_path / "other.safetensors")).cases(course.model)
    assert encoder_of(course.model, "m").sha256 == bank.encoder.sha256


@pytest.mark.parametrize(
    ("parts", "words"),
    [(["decoder"], "must name cases"), (["cases", "memory"], "memory would make entries")],
)
def test_parts_that_do_not_go_with_it_are_refused(tmp_path, reading_course, parts, words):
    with pytest.raises(SettingsError, match=words):
        strategy(tmp_path).before_task(reading_course(0, prompted={"parts": parts}), 0)


def test_a_model_without_such_a_memory_is_refused(tmp_path, course):
    with pytest.raises(SettingsError, match="samed2-litemedsam-cases"):
        strategy(tmp_path).before_task(course(0), 0)


class _Beside:
    """Tells what a strategy tells."""

    def __init__(self, made):
        self.made = made

    def cases(self, model):
        return self.made.cases(model)

    def loss(self, *_):
        return None


def _loss(course):
    torch.manual_seed(5)
    return course.objective(*course.lesson(0, "test"))
