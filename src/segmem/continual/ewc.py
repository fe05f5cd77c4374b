"""Elastic weight consolidation: weights that mattered to earlier tasks are held where they were."""

import torch
from torch import Tensor, nn

from segmem.continual.kept import Kept, learnt
from segmem.continual.settings import EwcSettings
from segmem.memory import CaseMemory
from segmem.prompted import PromptedSegmenter
from segmem.train.course import Course
from segmem.train.prompted_objective import Lesson, PromptedObjective


class Ewc:
    """Kirkpatrick et al., "Overcoming catastrophic forgetting", 2017, equation 3, with one sum of information and one
    anchor, as in Schwarz et al., "Progress and compress", 2018, section 3.

    Args:
        settings: how strongly.
        kept: where information and anchor are.
    """

    def __init__(self, settings: EwcSettings, kept: Kept) -> None:
        self.settings, self.kept = settings, kept
        self._fisher: dict[str, Tensor] = {}
        self._anchor: dict[str, Tensor] = {}

    def before_task(self, course: Course, task: int) -> None:
        """Read what earlier tasks hold on to."""
        self._fisher, self._anchor = {}, {}
        if task:
            found = {name: value.to(course.fabric.device) for name, value in self.kept.read(task - 1).items()}
            self._fisher, self._anchor = _under(found, "fisher."), _under(found, "anchor.")

    def loss(self, objective: PromptedObjective, lesson: Lesson) -> Tensor | None:  # noqa: ARG002
        """Half the squared distance from the anchor, weighed by the information."""
        if not self._fisher:
            return None
        return self.settings.weight / 2 * penalty(objective.model, self._fisher, self._anchor)

    def cases(self, model: PromptedSegmenter) -> CaseMemory | None:  # noqa: ARG002
        """Nothing."""
        return None

    def after_task(self, course: Course, task: int) -> None:
        """Add this task's information to that of earlier ones, and let go of the old anchor."""
        fisher = fisher_information(course, self.settings.samples)
        for name, value in self._fisher.items():
            if name in fisher:
                fisher[name] += self.settings.decay * value
        tensors = {f"fisher.{name}": value.cpu() for name, value in fisher.items()}
        tensors |= {f"anchor.{name}": value.cpu().clone() for name, value in learnt(course.model).items()}
        self.kept.write(task, tensors)


def penalty(model: nn.Module, fisher: dict[str, Tensor], anchor: dict[str, Tensor]) -> Tensor:
    """Sum over weights of information times squared distance from the anchor."""
    parts = [
        (fisher[name] * (weight - anchor[name]) ** 2).sum()
        for name, weight in model.named_parameters()
        if name in fisher
    ]
    return torch.stack(parts).sum()


def fisher_information(course: Course, samples: int) -> dict[str, Tensor]:
    """Mean squared gradient of the loss over single clips of the course, scaled to a mean of 1 over all weights."""
    model = course.model
    objective = course.bare_objective()
    weights = {name: p for name, p in model.named_parameters() if p.requires_grad}
    total = {name: torch.zeros_like(p) for name, p in weights.items()}
    for sample in range(samples):
        lesson = course.lesson(sample, "fisher", batch=1)
        with course.fabric.autocast():
            loss = objective(*lesson)
        found = torch.autograd.grad(loss, list(weights.values()), allow_unused=True)
        for name, gradient in zip(weights, found, strict=True):
            if gradient is not None:
                total[name] += gradient.detach() ** 2
    mean = sum(float(value.sum()) for value in total.values()) / sum(v.numel() for v in total.values())
    return {name: value / mean if mean > 0 else value for name, value in total.items()}


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): value for n, value in tensors.items() if n.startswith(prefix)}
