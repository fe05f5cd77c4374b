"""Learning without forgetting: the network as it was before a task goes on saying what it said."""

from copy import deepcopy

import torch
from torch import Tensor
from torch.nn import functional as F

from segmem.continual.kept import Kept, learnt
from segmem.continual.settings import LwfSettings
from segmem.memory import CaseMemory
from segmem.prompted import PromptedSegmenter
from segmem.state import State
from segmem.train.course import Course
from segmem.train.prompted_objective import Lesson, PromptedObjective, choose_objects


class Lwf:
    """Li and Hoiem, "Learning without forgetting", 2016, section 3: on the new task's own images, asked as they are
    asked, the old network's answer is a soft truth. Nothing of earlier tasks is kept.

    Args:
        settings: how strongly.
        kept: where the old weights are.
    """

    def __init__(self, settings: LwfSettings, kept: Kept) -> None:
        self.settings, self.kept = settings, kept
        self._teacher: PromptedSegmenter | None = None

    def before_task(self, course: Course, task: int) -> None:
        """The network as the last task left it becomes the teacher."""
        self._teacher = None
        if task:
            assert isinstance(course.model, PromptedSegmenter)  # noqa: S101  streams are of promptable networks
            self._teacher = deepcopy(course.model).eval().requires_grad_(requires_grad=False)
            self._teacher.load_state_dict(self.kept.read(task - 1), strict=False)

    def loss(self, objective: PromptedObjective, lesson: Lesson) -> Tensor | None:
        """Cross-entropy with the teacher's probabilities on the prompted frame."""
        if self._teacher is None:
            return None
        frames, labels, _, prompts = lesson
        wishes = [one or objective.settings.prompts for one in prompts]
        truth, good = choose_objects(labels[:, :1], [one.whole for one in wishes])
        here = next(objective.moments(frames))
        prompt = objective.said(truth[:, 0], wishes, here)
        with torch.no_grad():
            told, _ = self._teacher.step(here, State.start(1), prompt, memorise=False)
        says, _ = objective.model.step(here, State.start(1), prompt, memorise=False)
        return self.settings.weight * distance(
            says.logits[:, 1], told.logits[:, 1], good, self.settings.temperature
        )

    def cases(self, model: PromptedSegmenter) -> CaseMemory | None:  # noqa: ARG002
        """Nothing."""
        return None

    def after_task(self, course: Course, task: int) -> None:
        """Keep the weights."""
        weights = learnt(course.model)
        self.kept.write(task, {name: value.cpu().clone() for name, value in weights.items()})


def distance(says: Tensor, told: Tensor, good: Tensor, temperature: float) -> Tensor:
    """Mean over clips that have an object of the divergence of what is said from what was told.

    Args:
        says, told: (B, h, w) logits.
        good: (B,) bool.
        temperature: by which both are divided; the gradient is scaled back by its square.
    """
    soft, sharp = says.float() / temperature, told.float() / temperature
    target = sharp.sigmoid()
    cross = F.binary_cross_entropy_with_logits(soft, target, reduction="none")
    least = F.binary_cross_entropy_with_logits(sharp, target, reduction="none")
    each = (cross - least).flatten(1).mean(1) * temperature**2
    return (each * good).sum() / good.sum().clamp(min=1)
