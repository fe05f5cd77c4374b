"""What a way not to forget is asked: something before a task, something of each step, something after it."""

from typing import Protocol

from torch import Tensor

from segmem.memory import CaseMemory
from segmem.prompted import PromptedSegmenter
from segmem.train.course import Course
from segmem.train.prompted_objective import Lesson, PromptedObjective


class Strategy(Protocol):
    """Keeps what it needs in files named by task, so that a run can be resumed within any task."""

    def before_task(self, course: Course, task: int) -> None:
        """Get ready for task number `task`, counted from 0, from what earlier ones left. The weights may be under
        way, where the run was stopped within this task."""
        ...

    def loss(self, objective: PromptedObjective, lesson: Lesson) -> Tensor | None:
        """What a step costs beside its own clips; None: nothing."""
        ...

    def cases(self, model: PromptedSegmenter) -> CaseMemory | None:
        """What is told of other cases while the model learns and is measured; None: nothing."""
        ...

    def after_task(self, course: Course, task: int) -> None:
        """Keep what is to be kept of it; the model has its final weights of this task."""
        ...


class Naive:
    """Nothing is kept."""

    def before_task(self, course: Course, task: int) -> None:
        """Nothing."""

    def loss(self, objective: PromptedObjective, lesson: Lesson) -> Tensor | None:  # noqa: ARG002
        """Nothing."""
        return None

    def cases(self, model: PromptedSegmenter) -> CaseMemory | None:  # noqa: ARG002
        """Nothing."""
        return None

    def after_task(self, course: Course, task: int) -> None:
        """Nothing."""
