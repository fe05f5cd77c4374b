"""An objective with something beside it that costs too, as a way not to forget does."""

from typing import Protocol

from torch import Tensor, nn

from segmem.memory import CaseMemory
from segmem.prompted import PromptedSegmenter
from segmem.train.prompted_objective import Lesson, PromptedObjective


class Costs(Protocol):
    """Asked at each step."""

    def loss(self, objective: PromptedObjective, lesson: Lesson) -> Tensor | None:
        """What a step costs beside its own clips."""
        ...

    def cases(self, model: PromptedSegmenter) -> CaseMemory | None:
        """What is told of other cases, in each step and whenever the model is measured; None: nothing."""
        ...


class Accompanied(nn.Module):
    """An objective and what stands beside it, as one loss: devices and precision wrap both."""

    def __init__(self, objective: PromptedObjective, beside: Costs) -> None:
        super().__init__()
        self.objective = objective
        self.beside = beside  # no module: a frozen teacher in it must not be set to training

    def forward(self, *lesson: object) -> Tensor:
        loss: Tensor = self.objective(*lesson)
        extra = self.beside.loss(self.objective, lesson)  # type: ignore[arg-type]
        return loss if extra is None else loss + extra
