"""A stream's strategy and scores beside the stages of its run."""

from torch import Tensor

from segmem.continual.scores import START, Found, Scores
from segmem.continual.settings import StreamSettings, TaskSettings
from segmem.continual.strategy import Strategy
from segmem.core.errors import InputError, SettingsError
from segmem.data.cache import CachedCase
from segmem.memory import CaseMemory
from segmem.prompted import PromptedSegmenter
from segmem.train.course import Course
from segmem.train.material import Material
from segmem.train.prompted_objective import Lesson, PromptedObjective
from segmem.train.prompted_validation import object_dice


class Companion:
    """Measures all tasks before the first and after each, and lets the strategy do its part.

    Args:
        stream: the tasks.
        strategy: keeps what was learnt.
        scores: where the measurements go.
    """

    def __init__(self, stream: StreamSettings, strategy: Strategy, scores: Scores) -> None:
        self.stream, self.strategy, self.scores = stream, strategy, scores

    def begin(self, stage: int, course: Course) -> None:
        """See that every task can be learnt and measured, measure what is there before any, get ready for this one.

        Raises:
            SettingsError: a task holds no case out.
            InputError: a task's cases have no positive pixels.
        """
        if not self.scores.done():
            for task in self.stream.tasks:
                _require_cases(task, course.material)
            self.scores.add(START, self._measured(course))
        self.strategy.before_task(course, stage)

    def loss(self, objective: PromptedObjective, lesson: Lesson) -> Tensor | None:
        """What the strategy adds."""
        return self.strategy.loss(objective, lesson)

    def cases(self, model: PromptedSegmenter) -> CaseMemory | None:
        """What the strategy tells of other cases."""
        return self.strategy.cases(model)

    def end(self, stage: int, course: Course) -> None:
        """Keep, then measure."""
        self.strategy.after_task(course, stage)
        self.scores.add(course.stage.name, self._measured(course))

    def _measured(self, course: Course) -> Found:
        model = course.model
        assert isinstance(model, PromptedSegmenter)  # noqa: S101  run_settings refuses others
        model.eval()
        told = self.strategy.cases(model)
        return {
            task.name: measure_task(model, course.material.tests[task.name], task, told)
            for task in self.stream.tasks
        }


def measure_task(
    model: PromptedSegmenter,
    cases: tuple[CachedCase, ...],
    task: TaskSettings,
    told: CaseMemory | None = None,
) -> dict[str, dict[int, float]]:
    """Dice of each case's objects, prompted as the task says and the same at each call, `told` of other cases.

    Without gradients: what is measured must leave the random state of training as it was.
    """
    import torch

    with torch.inference_mode():
        wish = task.prompts.main()
        found = {case.name: object_dice(model, case, wish, task.measured_frames, told) for case in cases}
    return {name: objects for name, objects in found.items() if objects}


def _require_cases(task: TaskSettings, material: Material) -> None:
    held = material.tests.get(task.name, ())
    if not held:
        raise SettingsError(
            f"task {task.name!r} holds no case out, so nothing can be measured. Give its source held_out: 0.2, or"
            " held_out_names."
        )
    known = [source for source in material.sources if source.name == task.name]
    learnt = [case for source in known for case in source.cases]
    for cases, what in ((learnt, "training"), (held, "held-out")):
        if not any(case.labels.any() for case in cases):
            raise InputError(
                f"task {task.name!r} ({task.source.path}): its {len(cases)} {what} cases have no positive pixels."
                " Check the masks, or the source's label_map, or leave the task out."
            )
