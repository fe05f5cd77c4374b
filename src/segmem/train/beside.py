"""What may stand beside a run's stages: told where one begins and ends, and asked what else a step costs."""

from typing import TYPE_CHECKING, Protocol

from torch import Tensor, nn

from segmem.train.prompted_objective import Lesson, PromptedObjective

if TYPE_CHECKING:
    from segmem.train.course import Course


class Beside(Protocol):
    """It keeps on disk what it must know again when a run is resumed within a stage."""

    def begin(self, stage: int, course: "Course") -> None:
        """Before the first step of a stage, or before the one at which it is resumed; the model may be under way."""
        ...

    def loss(self, objective: PromptedObjective, lesson: Lesson) -> Tensor | None:
        """What a step costs beside its own clips."""
        ...

    def end(self, stage: int, course: "Course") -> None:
        """After the last step of a stage; the model has its final weights. Told again where a run was stopped before
        the stage's end was written."""
        ...


class Accompanied(nn.Module):
    """An objective and what stands beside it, as one loss: devices and precision wrap both."""

    def __init__(self, objective: PromptedObjective, beside: Beside) -> None:
        super().__init__()
        self.objective = objective
        self.beside = beside  # no module: a frozen teacher in it must not be set to training

    def forward(self, *lesson: object) -> Tensor:
        loss: Tensor = self.objective(*lesson)
        extra = self.beside.loss(self.objective, lesson)  # type: ignore[arg-type]
        return loss if extra is None else loss + extra
