"""The training loop: stage after stage, validated, saved, resumable to the bit."""

from contextlib import nullcontext
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch import nn

from segmem.core.errors import InterruptedRun
from segmem.data.cache import CachedCase
from segmem.data.store import Store
from segmem.methods.load import WEIGHTS, Model, save
from segmem.nn.layout import channels_last
from segmem.ops.temperature import fit_temperature
from segmem.prompted import PromptedSegmenter
from segmem.train.beginning import begun
from segmem.train.checkpoint import Position, latest, restore, write_checkpoint
from segmem.train.claim import CHECKPOINTS, claimed
from segmem.train.course import Beside, Course, make_course
from segmem.train.depthwise import depthwise_in_float32
from segmem.train.encoder_mark import encoder_mark
from segmem.train.interrupt import Interrupt
from segmem.train.log import Log, say
from segmem.train.machine import make_fabric
from segmem.train.material import Material, gather
from segmem.train.optimizers import rate_of
from segmem.train.parameters import require_stages
from segmem.train.prompted_validation import validate_prompted
from segmem.train.qualities import with_quality_temperature
from segmem.train.settings import StageSettings, TrainSettings
from segmem.train.spacing import with_spacing
from segmem.train.temperature import validation_pixels
from segmem.train.validation import validate


def train(
    settings: TrainSettings,
    data_root: Path,
    run: Path,
    resume: bool = False,
    *,
    cache: Path | None = None,
    quiet: bool = False,
    network: nn.Module | None = None,
    beside: Beside | None = None,
) -> Path:
    """Train a model.

    Args:
        settings: all that decides what is learnt.
        data_root: what the sources' paths are relative to.
        run: the run's folder: settings.yaml, checkpoints/, log/ (TensorBoard), history.jsonl, model.safetensors.
        resume: go on from the last checkpoint; the result equals an unbroken run's to the bit.
        cache: where decoded cases are kept; runs may share it. None keeps them in the run's folder.
        quiet: tell nothing on stderr.
        network: your own 2D network with its weights, where `settings.model` is of a model that `segmem.tmam` made.
        beside: told where stages begin and end, and asked what else a step costs, as when task follows task; then
            held-out cases are decoded too.

    Returns:
        The weights file.

    Raises:
        UsageError: `run` holds a run already and `resume` is not set.
        SettingsError: a resumed run has other settings, or a stage cannot be learnt by this model.
        InterruptedRun: Ctrl-C or SIGTERM; a checkpoint was written.
        KeyboardInterrupt: the same before the first step, when nothing was learnt yet.
    """
    with Interrupt() as interrupt:
        fabric = make_fabric(settings)
        tell = None if quiet or fabric.global_rank > 0 else say
        settings = with_spacing(settings, data_root, tell)
        with claimed(settings, run, resume) if fabric.is_global_zero else nullcontext():
            fabric.barrier()
            torch.manual_seed(settings.seed)
            model, position = begun(settings, network, run / CHECKPOINTS if resume else None)
            require_stages(model, settings)
            model = channels_last(model.to(fabric.device))  # half the time on CPUs
            with fabric.rank_zero_first():
                material = gather(
                    settings,
                    data_root,
                    Store(cache or run / "cache", settings.cache_size),
                    model if isinstance(model, PromptedSegmenter) else None,
                    encoder_mark(settings, model),
                    str(fabric.device),
                    tell=tell,
                    tested=beside is not None,
                )
        interrupt.gently()
        total = sum(stage.steps for stage in settings.stages)
        with Log(run, total, position.total, quiet or fabric.global_rank > 0) as log:
            narrow = fabric.device.type == "cpu" and "bf16" in str(fabric.strategy.precision.precision)
            with depthwise_in_float32(model, narrow):
                under_way = _Run(fabric, settings, material, model, run, log, interrupt, beside)
                return under_way.all_stages(position)


class _Run:
    """A run under way; only `train` makes one."""

    def __init__(
        self,
        fabric: Fabric,
        settings: TrainSettings,
        material: Material,
        model: Model,
        folder: Path,
        log: Log,
        interrupt: Interrupt,
        beside: Beside | None = None,
    ) -> None:
        self.fabric, self.settings, self.material, self.model = fabric, settings, material, model
        self.folder, self.log, self.interrupt, self.beside = folder, log, interrupt, beside
        self._losses: list[torch.Tensor] = []

    def all_stages(self, position: Position) -> Path:
        for index in range(position.stage, len(self.settings.stages)):
            stage = self.settings.stages[index]
            course = make_course(self.fabric, self.settings, stage, self.material, self.model, self.beside)
            if self.beside is not None:
                self.beside.begin(index, course)
            if index == position.stage and position.step > 0:
                restore(latest(self.folder / CHECKPOINTS), self.model, course.optimizer)
            position = self._stage(course, position)
        return self._finish()

    def _stage(self, course: Course, position: Position) -> Position:
        index, before = position.stage, position.total - position.step

        def done(step: int, loss: torch.Tensor) -> None:
            here = Position(index, step, before + step)
            self._losses.append(loss)
            self._tell(course, here)
            last = step == course.stage.steps
            if not last and (self._stopped() or here.total % self.settings.checkpoint_every == 0):
                self._checkpoint(here, course)
            if not last:
                self._heed(here)

        course.run(position.step, done)
        course.average()
        if self.beside is not None:
            self.beside.end(index, course)
        after = Position(index + 1, 0, before + course.stage.steps)
        self._checkpoint(after, None)
        if self.settings.validate_every is None or after.total % self.settings.validate_every:
            self._validate(course, after)
        self._heed(after)
        return after

    def _tell(self, course: Course, here: Position) -> None:
        if here.total % self.settings.log_every == 0 or here.step == course.stage.steps:
            mean = float(torch.stack(self._losses).mean())
            self._losses.clear()
            self.log.steps(course.stage.name, here.total, mean, rate_of(course.optimizer))
        every = self.settings.validate_every
        if every is not None and here.total % every == 0:
            with course.averaged():
                self._validate(course, here)

    def _validate(self, course: Course, here: Position) -> None:
        cases = self.material.validation
        if cases and self.fabric.is_global_zero:
            scores = self._scores(cases, course.stage)
            self.log.validation(course.stage.name, here.total, scores)
        self.fabric.barrier()

    def _scores(self, cases: tuple[CachedCase, ...], stage: StageSettings) -> dict[str, float]:
        """Where objects are prompted, of the prompted frame alone while nothing has been said to memory."""
        frames = self.settings.validate_frames
        if isinstance(self.model, PromptedSegmenter):
            follows = stage.memory or "memory" in stage.prompted.parts
            return validate_prompted(self.model, cases, frames if follows else 1)
        return validate(self.model, cases, stage.memory, frames)

    def _checkpoint(self, here: Position, course: Course | None) -> None:
        if self.fabric.is_global_zero:
            optimizer = None if course is None else course.optimizer
            write_checkpoint(self.folder / CHECKPOINTS, here, self.model, optimizer)
        self.fabric.barrier()

    def _stopped(self) -> bool:
        """Whether any process was asked to stop."""
        if self.fabric.world_size == 1:
            return self.interrupt.asked
        asked = torch.tensor(float(self.interrupt.asked), device=self.fabric.device)
        return bool(self.fabric.all_reduce(asked, reduce_op="sum"))

    def _heed(self, here: Position) -> None:
        if self._stopped():
            raise InterruptedRun(
                f"Stopped after step {here.total} of {self.log.total}; a checkpoint is in"
                f" {self.folder / CHECKPOINTS}. Go on with the same command and --resume."
            )

    def _finish(self) -> Path:
        path = self.folder / WEIGHTS
        if self.fabric.is_global_zero:
            cases, memory = self.material.validation, any(s.memory for s in self.settings.stages)
            if isinstance(self.model, PromptedSegmenter):
                wish = self.settings.stages[-1].prompted.prompts.main()
                self.model.spec = with_quality_temperature(self.model, self.settings.model, cases, wish)
            elif cases:
                logits, labels = validation_pixels(self.model, cases, memory, self.settings.validate_frames)
                fitted = {"temperature": fit_temperature(logits, labels)}
                self.model.spec = self.settings.model.model_copy(update=fitted)
            save(self.model, path)
        self.fabric.barrier()
        return path
