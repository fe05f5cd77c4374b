"""One stage of training: its optimiser, its clips, its steps."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from lightning_fabric import Fabric
from torch import nn
from torch.optim import Optimizer

from segmem.data.sample import PADDING, Batch, ClipPlan, Source, sample_batch
from segmem.methods.load import Model
from segmem.nn.temporal_adapter import around
from segmem.prompted import PromptedSegmenter
from segmem.train import norms
from segmem.train.accompanied import Accompanied, Costs
from segmem.train.feed import feed
from segmem.train.labelled_classes import told_mask
from segmem.train.material import Material, grid_of
from segmem.train.objective import ClipObjective, GateObjective
from segmem.train.optimizers import make_optimizer, moved, to_average, to_training
from segmem.train.parameters import choose
from segmem.train.prompted_objective import Lesson, PromptedObjective, lesson_of
from segmem.train.settings import StageSettings, TrainSettings
from segmem.train.volume_objective import VolumeObjective
from segmem.volumetric import VolumeSegmenter

Done = Callable[[int, torch.Tensor], None]
"""Told the number of steps done in the stage, and the loss of the last."""


@dataclass(frozen=True, slots=True)
class Course:
    """A stage, ready to run.

    Attributes:
        stage: its settings.
        sources: what its clips are drawn from.
        grid: (H, W) of these: that of another stage's frames would be padding here, of which BatchNorm would learn.
        frozen: whether BatchNorm keeps its statistics.
        optimizer: over what the stage trains, in training mode.
    """

    fabric: Fabric
    settings: TrainSettings
    stage: StageSettings
    material: Material
    model: Model
    objective: nn.Module
    optimizer: Optimizer
    sources: tuple[Source, ...]
    grid: tuple[int, int]
    frozen: bool

    def run(self, first: int, done: Done) -> None:
        """Take the steps from `first` on."""
        clips = feed(self.draw, range(first, self.stage.steps), self.settings.loaders)
        norms.set_training(self.objective, self.frozen)
        for step, batch in enumerate(clips, start=first):
            done(step + 1, self._step(batch))

    def draw(self, step: int, stage: str | None = None) -> Batch:
        """The clips of a step; of another stream of clips, if `stage` names one."""
        rank = self.fabric.global_rank
        name = stage or self.stage.name
        return sample_batch(self.sources, self._plan(self.grid), self.settings.seed, name, step, rank)

    def bare_objective(self) -> PromptedObjective:
        """What a promptable network's stage teaches, without what stands beside it."""
        assert isinstance(self.model, PromptedSegmenter)  # noqa: S101  the caller knows
        return PromptedObjective(self.model, self.stage.back, self.stage.prompted)

    def lesson(
        self, step: int, what: str, batch: int | None = None, sources: tuple[Source, ...] | None = None
    ) -> Lesson:
        """Clips for another purpose, of a stream of their own, as the bare objective takes them.

        Args:
            step: number in that stream.
            what: names it.
            batch: how many clips; none takes the stage's.
            sources: what they are drawn from; none takes the stage's.
        """
        sources = sources or self.sources
        plan = self._plan(grid_of(sources, self.settings.model.fit))
        name = f"{self.stage.name}/{what}"
        drawn = sample_batch(
            sources, replace(plan, batch=batch or plan.batch), self.settings.seed, name, step
        )
        return lesson_of(drawn, self.fabric.device)

    def _plan(self, grid: tuple[int, int]) -> ClipPlan:
        kept = self.settings.data.features is not None
        plan = clip_plan(self.settings, self.stage, grid)
        return replace(plan, around=around(self.model) if kept else None)

    def _step(self, batch: Batch) -> torch.Tensor:
        loss: torch.Tensor = self.objective(*self._lesson(batch))
        self.fabric.backward(loss)
        for learning in self._together():
            nn.utils.clip_grad_norm_(learning, self.settings.clip_gradient)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return loss.detach()

    def _together(self) -> list[list[nn.Parameter]]:
        """The parameters whose gradients are shortened together: all, but network and memory that learn apart."""
        if not self.stage.apart:
            return [moved(self.optimizer)]
        return [list(group["params"]) for group in self.optimizer.param_groups]

    def _lesson(self, batch: Batch) -> tuple[object, ...]:
        """What the stage's objective takes."""
        device = self.fabric.device
        if isinstance(self.model, PromptedSegmenter):
            return lesson_of(batch, device)
        if self.stage.train == "gate":
            return batch.frames.to(device), batch.corrupted.to(device)
        parts = batch.frames, batch.labels, batch.labelled, batch.corrupted
        told = told_mask(batch.classes, len(self.model.spec.classes))
        return (*(part.to(device) for part in parts), None if told is None else told.to(device))

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Meanwhile the model has its averaged weights and is in evaluation mode; afterwards all is as before,
        to the bit: the optimiser's own way back rounds."""
        before = {name: value.clone() for name, value in self.model.state_dict().items()}
        self.average(batches=min(self.settings.norm_batches, 10))
        try:
            yield
        finally:
            self.model.load_state_dict(before)
            to_training(self.optimizer)
            norms.set_training(self.objective, self.frozen)

    def average(self, batches: int | None = None) -> None:
        """Leave the model with the averaged weights, BatchNorm's statistics estimated for them."""
        count = self.settings.norm_batches if batches is None else batches
        to_average(self.optimizer)
        if not self.frozen:
            norms.estimate(self.model, map(self._frames, range(count)))
        self.model.eval()

    def _frames(self, step: int) -> torch.Tensor:
        drawn = self.draw(step, f"{self.stage.name}/norms").frames
        assert isinstance(drawn, torch.Tensor)  # noqa: S101  of a network without prompts, which learns from pictures
        return drawn.to(self.fabric.device)


def clip_plan(settings: TrainSettings, stage: StageSettings, grid: tuple[int, int]) -> ClipPlan:
    """What a stage draws."""
    augment = stage.augment or settings.augment
    if stage.corruption is not None:
        spoilt = augment.corruption.model_copy(update={"share": stage.corruption})
        augment = augment.model_copy(update={"corruption": spoilt})
    stride = stage.stride or settings.model.policy.stride
    dark = settings.model.method not in (
        "tmam",
        "lapg",
    )  # promptable networks see zeros where a frame is padded
    padding = (0, 0, 0) if dark else PADDING
    return ClipPlan(
        stage.batch, stage.length, stride, grid, augment, settings.model.fit, stage.one_object, padding
    )


def make_course(
    fabric: Fabric,
    settings: TrainSettings,
    stage: StageSettings,
    material: Material,
    model: Model,
    beside: Costs | None = None,
) -> Course:
    """The stage over `model`, with a fresh optimiser, and what else its steps cost."""
    frozen = stage.memory if stage.freeze_norm is None else stage.freeze_norm
    frozen = frozen or stage.train in ("memory", "gate")
    if isinstance(model, PromptedSegmenter):
        frozen = stage.freeze_norm is not False
    optimizer = make_optimizer(stage, choose(model, stage))
    objective = _objective(model, stage, settings, beside)
    if beside is not None and isinstance(objective, PromptedObjective):
        objective = Accompanied(objective, beside)
    wrapped = fabric.setup_module(objective, move_to_device=False)
    sources = material.of(stage.groups, stage.sources, labels=stage.train != "gate")
    grid = grid_of(sources, settings.model.fit)
    return Course(fabric, settings, stage, material, model, wrapped, optimizer, sources, grid, frozen)


def _objective(
    model: Model, stage: StageSettings, settings: TrainSettings, beside: Costs | None
) -> nn.Module:
    if isinstance(model, VolumeSegmenter):
        return VolumeObjective(model, stage.memory, stage.back, settings.volume_loss)
    if isinstance(model, PromptedSegmenter):
        if beside is None:
            return PromptedObjective(model, stage.back, stage.prompted)
        return PromptedObjective(model, stage.back, stage.prompted, beside.cases)
    if stage.train == "gate":
        return GateObjective(model)
    taught = stage.gate_learning_rate is not None
    return ClipObjective(
        model,
        stage.memory,
        stage.back,
        settings.model.policy.stride,
        stage.known_first,
        taught,
        stage.apart,
    )


class Beside(Costs, Protocol):
    """What may stand beside a run's stages: told where one begins and ends, and asked what else a step costs.

    It keeps on disk what it must know again when a run is resumed within a stage.
    """

    def begin(self, stage: int, course: Course) -> None:
        """Before the first step of a stage, or before the one at which it is resumed; the model may be under way."""
        ...

    def end(self, stage: int, course: Course) -> None:
        """After the last step of a stage; the model has its final weights. Told again where a run was stopped before
        the stage's end was written."""
        ...
