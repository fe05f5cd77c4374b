"""SAMed-2's memory across tasks: filled with what each task taught, read while later ones are learnt and measured."""

from pathlib import Path

from torch import Tensor

from segmem.continual.remembered import remembered
from segmem.continual.settings import MemorySettings
from segmem.continual.strategy import Strategy
from segmem.core.errors import SettingsError
from segmem.memory import CaseMemory
from segmem.memory.bank_file import CaseBank, read_bank, require_made_by, write_bank
from segmem.methods.identity import encoder_of
from segmem.methods.own_bank import BANK
from segmem.methods.spec import ModelSpec
from segmem.prompted import PromptedSegmenter
from segmem.train.course import Course
from segmem.train.log import say
from segmem.train.prompted_objective import Lesson, PromptedObjective

MAKERS = {
    "encoder",
    "adapters",
    "memory",
}  # parts that make entries: those of an earlier one would be of no use


class Reading:
    """The model's memory of other cases beside another strategy (Yan et al. 2025, section 3.3).

    The bank as it was before a task and after it is kept in files, so that a run that is resumed reads what it read.

    Args:
        settings: what it begins with, and when it is filled.
        folder: where the banks are; the last one lies beside it, as the run's bank.
        beside: what else is done to keep old tasks.
    """

    def __init__(self, settings: MemorySettings, folder: Path, beside: Strategy) -> None:
        self.settings, self.folder, self.beside = settings, folder, beside
        self._bank: CaseBank | None = None

    def before_task(self, course: Course, task: int) -> None:
        """Find the bank of earlier tasks; show the model this one's cases, if it was not done before the run stopped.

        Raises:
            SettingsError: the model has no such memory, or a part learns that makes entries, or none reads them.
        """
        self.beside.before_task(course, task)
        _require_lasting(course)
        before = self._path(task, "before")
        if before.is_file():
            self._bank = read_bank(before)
            return
        if task:
            self._bank = read_bank(self._path(task - 1, "after"))
        if self.settings.before:
            self._fill(course)
        self._keep(course, before)

    def loss(self, objective: PromptedObjective, lesson: Lesson) -> Tensor | None:
        """What the other strategy adds."""
        return self.beside.loss(objective, lesson)

    def cases(self, model: PromptedSegmenter) -> CaseMemory | None:
        """The bank as it is now.

        Raises:
            WeightsError: the bank that was begun with is another encoder's.
        """
        found = self._now(model).bank
        if found is None:
            return None
        return CaseMemory(found.to(next(model.parameters()).device), itself=self.settings.itself)

    def after_task(self, course: Course, task: int) -> None:
        """Remember this task's cases as they are answered now, in place of what was remembered of them before."""
        self.beside.after_task(course, task)
        self._fill(course)
        self._keep(course, self._path(task, "after"))
        write_bank(self.folder.parent / BANK, self._now(_model_of(course)))

    def _fill(self, course: Course) -> None:
        model = _model_of(course).eval()
        for source in course.material.of((), course.stage.sources):
            wish = (source.prompts or course.stage.prompted.prompts).main()
            self._bank = remembered(model, self._now(model), source.cases, wish, source.name)
            own = sum(record.task == source.name for record in self._bank.records)
            say(
                f"memory: {own} of {len(source.cases)} cases of {source.name}; {len(self._bank.records)} entries"
            )

    def _keep(self, course: Course, path: Path) -> None:
        """Write it, and go on from what was written: a resumed run reads the same numbers."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bank(path, self._now(_model_of(course)))
        self._bank = read_bank(path)

    def _now(self, model: PromptedSegmenter) -> CaseBank:
        if self._bank is None:
            encoder = encoder_of(model, model.spec.name if isinstance(model.spec, ModelSpec) else "")
            self._bank = CaseBank(None, (), encoder)
            if self.settings.begin_with is not None:
                path = Path(self.settings.begin_with)
                self._bank = read_bank(path)
                require_made_by(self._bank, encoder, path)
        return self._bank

    def _path(self, task: int, when: str) -> Path:
        return self.folder / f"bank-{task:02d}-{when}.safetensors"


def _model_of(course: Course) -> PromptedSegmenter:
    model = course.model
    assert isinstance(model, PromptedSegmenter)  # noqa: S101  streams are of promptable networks
    return model


def _require_lasting(course: Course) -> None:
    """Raise SettingsError where entries could not be made, could not be read, or would be worthless after the task."""
    if _model_of(course).across is None:
        raise SettingsError(
            "The strategy memory needs a model with a memory of other cases: preset samed2-litemedsam-cases."
        )
    learning = set(course.stage.prompted.parts)
    if "cases" not in learning:
        raise SettingsError(
            "The strategy memory learns to read entries of other cases: stage.prompted.parts must name cases."
        )
    if learning & MAKERS:
        raise SettingsError(
            f"stage.prompted.parts: {', '.join(sorted(learning & MAKERS))} would make entries of earlier tasks"
            " worthless, since they are that part's work. Leave it out with the strategy memory."
        )
