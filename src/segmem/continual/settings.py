"""A stream of tasks, in values."""

from typing import Any, Literal, Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from segmem.core import Settings
from segmem.data.prompts import PromptSettings
from segmem.train.settings import SourceSettings

StrategyName = Literal["naive", "replay", "ewc", "lwf", "bank", "memory", "joint"]


class TaskSettings(Settings):
    """One task: a source of labelled cases, and what is said of its objects."""

    name: str = Field(min_length=1)
    """As it is shown, and named by the results."""
    source: SourceSettings
    """Its cases. Some must be held out: `held_out`, or `held_out_names`; the task is measured on them."""
    prompts: PromptSettings = PromptSettings(box=1.0, given=0.0, slack=0.0, jitter=20.0)
    """What is said of its objects; it is measured with the most frequent kind."""
    steps: PositiveInt = 100
    """Updates of the weights."""
    measured_frames: PositiveInt | None = None
    """Of a held-out video or scan only so many frames are measured, from the prompted one on; 1: that one alone."""


class ReplaySettings(Settings):
    """Old cases, chosen by chance, are learnt from again beside new ones."""

    size: PositiveInt = 64
    """Cases that are kept of all tasks together, the same number of each."""
    batch: PositiveInt | None = None
    """Old clips in each step; none takes as many as there are new ones."""
    weight: PositiveFloat = 1.0
    """How much their loss counts."""


class BankSettings(Settings):
    """A bank of what was learnt well, rehearsed beside what is new: entries of a case's features, its mask, its prompt
    and its task, chosen by how sure the network is of them."""

    capacity: PositiveInt = 640
    """Entries of all tasks together. Each task has an equal share of it, which its surest ones fill."""
    batch: PositiveInt | None = None
    """Entries that are rehearsed in each step; none takes as many as there are new clips."""
    weight: PositiveFloat = 1.0
    """How much their loss counts."""
    read: bool = False
    """The model's memory of other cases is filled and read too, as the strategy `memory` does."""


class MemorySettings(Settings):
    """SAMed-2's own mechanism: entries of other cases, of earlier tasks and of this one, are read at each step and by
    each measurement. What is read, and which entry a new one replaces, is `model.samed2.cases`."""

    begin_with: str | None = None
    """A bank that an earlier run, or `segmem predict --update-bank`, made with the same encoder; none begins empty."""
    before: bool = True
    """A task's training cases are remembered before it is learnt, too, so that reading those of one's own task is
    learnt; they are remembered anew after it."""
    itself: float = Field(default=0.999, gt=0, le=1)
    """An entry whose key is more alike than that (cosine) is of the very image and is not read."""


class EwcSettings(Settings):
    """Elastic weight consolidation (Kirkpatrick et al. 2017), one anchor for all tasks (Schwarz et al. 2018)."""

    weight: PositiveFloat = 1.0
    """Of the penalty. The Fisher information is scaled to a mean of 1, so that it does not depend on the loss."""
    samples: PositiveInt = 48
    """Clips from which the Fisher information is estimated after a task."""
    decay: float = Field(default=1.0, ge=0, le=1)
    """What an older task's information is multiplied by when a newer one's is added."""


class LwfSettings(Settings):
    """Learning without forgetting (Li and Hoiem 2016): what the network said of the new clips before it learnt them."""

    weight: PositiveFloat = 1.0
    """Of the distance to it."""
    temperature: PositiveFloat = 2.0
    """By which the logits of both are divided."""


class StreamSettings(Settings):
    """Tasks in their order, how each is learnt, and how the earlier ones are kept."""

    preset: str = "samed2-litemedsam"
    """What is trained: a preset's name, or a YAML file of settings. Its first stage says how each task is learnt."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """Over the preset's."""
    stage: dict[str, Any] = Field(default_factory=dict)
    """Over its first stage's."""
    tasks: tuple[TaskSettings, ...] = Field(min_length=1)
    """One after another."""
    strategy: StrategyName = "naive"
    """naive: nothing is done to keep what was learnt. joint: no stream, all tasks at once, for comparison."""
    replay: ReplaySettings = ReplaySettings()
    """Of the strategy `replay`."""
    bank: BankSettings = BankSettings()
    """Of the strategy `bank`."""
    memory: MemorySettings = MemorySettings()
    """Of the strategy `memory`, and of `bank` where it reads."""
    ewc: EwcSettings = EwcSettings()
    """Of the strategy `ewc`."""
    lwf: LwfSettings = LwfSettings()
    """Of the strategy `lwf`."""
    seed: int = 0
    """Of weights, clips, prompts and the choice of what is kept; who is held out is `settings.data.split_seed`'s."""

    @model_validator(mode="after")
    def _each_task_once(self) -> Self:
        names = [task.name for task in self.tasks]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(
                f"task {twice!r} is named twice; give each task a name of its own, or leave one out"
            )
        return self
