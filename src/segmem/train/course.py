"""One stage of training: its optimiser, its clips, its steps."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from lightning_fabric import Fabric
from torch import nn
from torch.optim import Optimizer

from segmem.core.errors import SettingsError
from segmem.data.sample import Batch, ClipPlan, sample_batch
from segmem.methods.load import Model
from segmem.prompted import PromptedSegmenter
from segmem.train import norms
from segmem.train.feed import feed
from segmem.train.material import Material
from segmem.train.objective import ClipObjective, GateObjective
from segmem.train.prompted_objective import PromptedObjective
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
        frozen: whether BatchNorm keeps its statistics.
        optimizer: RAdamScheduleFree over what the stage trains, in training mode.
    """

    fabric: Fabric
    settings: TrainSettings
    stage: StageSettings
    material: Material
    model: Model
    objective: nn.Module
    optimizer: Optimizer
    frozen: bool

    def run(self, first: int, done: Done) -> None:
        """Take the steps from `first` on."""
        clips = feed(self.draw, range(first, self.stage.steps), self.settings.loaders)
        norms.set_training(self.objective, self.frozen)
        for step, batch in enumerate(clips, start=first):
            done(step + 1, self._step(batch))

    def draw(self, step: int, stage: str | None = None) -> Batch:
        """The clips of a step; of another stream of clips, if `stage` names one."""
        plan = clip_plan(self.settings, self.stage, self.material.grid)
        rank = self.fabric.global_rank
        sources = self.material.of(self.stage.groups)
        return sample_batch(sources, plan, self.settings.seed, stage or self.stage.name, step, rank)

    def _step(self, batch: Batch) -> torch.Tensor:
        loss: torch.Tensor = self.objective(*(part.to(self.fabric.device) for part in self._lesson(batch)))
        self.fabric.backward(loss)
        for learning in self._together():
            nn.utils.clip_grad_norm_(learning, self.settings.clip_gradient)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return loss.detach()

    def _together(self) -> list[list[nn.Parameter]]:
        """The parameters whose gradients are shortened together: all, but network and memory that learn apart."""
        groups = [list(group["params"]) for group in self.optimizer.param_groups]
        return groups if self.stage.apart else [[p for group in groups for p in group]]

    def _lesson(self, batch: Batch) -> tuple[torch.Tensor, ...]:
        """What the stage's objective takes."""
        if self.stage.train == "gate":
            return batch.frames, batch.corrupted
        labelled = batch.frames, batch.labels, batch.labelled
        return labelled if isinstance(self.model, PromptedSegmenter) else (*labelled, batch.corrupted)

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
            for group in self.optimizer.param_groups:
                group["train_mode"] = True
            norms.set_training(self.objective, self.frozen)

    def average(self, batches: int | None = None) -> None:
        """Leave the model with the averaged weights, BatchNorm's statistics estimated for them."""
        count = self.settings.norm_batches if batches is None else batches
        self.optimizer.eval()  # type: ignore[attr-defined]
        if not self.frozen and not isinstance(self.model, PromptedSegmenter):
            norms.estimate(self.model, map(self._frames, range(count)))
        self.model.eval()

    def _frames(self, step: int) -> torch.Tensor:
        return self.draw(step, f"{self.stage.name}/norms").frames.to(self.fabric.device)


def clip_plan(settings: TrainSettings, stage: StageSettings, grid: tuple[int, int]) -> ClipPlan:
    """What a stage draws."""
    augment = stage.augment or settings.augment
    if stage.corruption is not None:
        spoilt = augment.corruption.model_copy(update={"share": stage.corruption})
        augment = augment.model_copy(update={"corruption": spoilt})
    stride = stage.stride or settings.model.policy.stride
    return ClipPlan(stage.batch, stage.length, stride, grid, augment, settings.model.fit, stage.one_object)


def make_course(
    fabric: Fabric, settings: TrainSettings, stage: StageSettings, material: Material, model: Model
) -> Course:
    """The stage over `model`, with a fresh optimiser."""
    from schedulefree import RAdamScheduleFree

    frozen = stage.memory if stage.freeze_norm is None else stage.freeze_norm
    frozen = frozen or stage.train in ("memory", "gate")
    optimizer = RAdamScheduleFree(
        choose(model, stage), lr=stage.learning_rate, weight_decay=stage.weight_decay
    )
    optimizer.train()
    objective = _objective(model, stage, settings)
    wrapped = fabric.setup_module(objective, move_to_device=False)
    return Course(fabric, settings, stage, material, model, wrapped, optimizer, frozen)


def _objective(model: Model, stage: StageSettings, settings: TrainSettings) -> nn.Module:
    if isinstance(model, VolumeSegmenter):
        return VolumeObjective(model, stage.memory, stage.back, settings.volume_loss)
    if isinstance(model, PromptedSegmenter):
        return PromptedObjective(model, stage.back)
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
        stage.weaken,
    )


def choose(model: Model, stage: StageSettings) -> list[dict[str, object]]:
    """The parameters that the stage trains, the memory's with their own learning rate; others need no gradient."""
    if isinstance(model, PromptedSegmenter):
        return [_memory_of(model, stage)]
    gate = [] if isinstance(model, VolumeSegmenter) else list(model.gate_parameters())
    told = {id(parameter) for parameter in gate}
    if stage.freeze_memory:
        told |= {id(parameter) for parameter in model.look_parameters()}
    gates = stage.train == "gate" or stage.gate_learning_rate is not None
    if gates and not gate:
        raise SettingsError(f"stages: {stage.name} trains a gate, but the model has none (model.tmam.gate).")
    base = stage.train in ("all", "base")
    memory = stage.memory and stage.train in ("all", "memory")
    groups = (
        (base, list(model.base_parameters()), stage.learning_rate),
        (
            memory,
            [p for p in model.memory_parameters() if id(p) not in told],
            stage.memory_learning_rate or stage.learning_rate,
        ),
        (gates, gate, stage.gate_learning_rate or stage.learning_rate),
    )
    model.requires_grad_(False)
    for trained, parameters, _ in groups:
        for parameter in parameters:
            parameter.requires_grad_(trained)
    return [
        {"params": parameters, "lr": rate} for trained, parameters, rate in groups if trained and parameters
    ]


def _memory_of(model: PromptedSegmenter, stage: StageSettings) -> dict[str, object]:
    model.requires_grad_(False)
    parameters = list(model.memory_parameters())
    for parameter in parameters:
        parameter.requires_grad_()
    return {"params": parameters, "lr": stage.memory_learning_rate or stage.learning_rate}
