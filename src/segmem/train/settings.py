"""A training run, in values."""

from typing import Literal, Self

from pydantic import ByteSize, Field, PositiveFloat, PositiveInt, model_validator

from segmem.core import Settings
from segmem.data.layouts import Layout
from segmem.data.prompts import PromptSettings
from segmem.data.sample import OneObject
from segmem.methods.spec import ModelSpec
from segmem.ops.augment import AugmentSettings
from segmem.train.prompted_settings import PromptedSettings
from segmem.train.volume_loss import VolumeLossSettings


class SourceSettings(Settings):
    """One folder of labelled cases."""

    path: str
    """Relative to the data folder."""
    name: str = ""
    """By which a stage names it; none takes the path."""
    prompts: PromptSettings | None = None
    """What is said of its objects, where objects are prompted; none leaves it to the stage."""
    layout: Layout | None = None
    """How the folder is laid out; none recognises it."""
    label_map: dict[int, int] = Field(default_factory=dict)
    """Label value in the files to class of the model; values not named keep their number."""
    labelled_classes: tuple[str, ...] = ()
    """Names of the model's classes that its labels tell, where nobody drew the others: those may be wherever the label
    says background, and are learnt from other sources. None: all. Of the methods `tmam` and `lapg`; such cases
    neither validate nor test."""
    group: str | None = None
    """A regular expression with one group: what it finds in a case's name is its patient, video or operation."""
    channel: str | None = None
    """Of scans with several channels: the one that is learnt from, by its name; none takes all, which must be three."""
    gate_only: bool = False
    """Its labels are neither learnt nor validated on: only stages that train nothing but a gate draw from it, to which
    what the augmentation spoils in a picture is all there is to know."""
    weight: PositiveFloat = 1.0
    """How often it is drawn, relative to the other sources."""
    held_out: float = Field(default=0.0, ge=0, lt=1)
    """Share of its groups that are neither trained nor validated on, chosen by the seed: a test set."""
    held_out_fold: int = Field(default=0, ge=0)
    """Which share of that size, so that `held_out: 0.2` and folds 0 to 4 hold each group out once."""
    held_out_names: str | None = None
    """Or a regular expression: cases in whose names it finds something are held out."""
    left_out_names: str | None = None
    """The same for cases that are not used at all, as slices between those to learn from and those held out."""
    limit: PositiveInt | None = None
    """Only so many of its cases, chosen by the seed; none takes all."""
    every: PositiveInt = 1
    """Only every so many-th frame of a case; a label on another frame is not learnt from."""
    noise: float | None = Field(default=None, ge=0, le=1)
    """Share of its training cases whose labels are made wrong; none takes the run's."""


class FeatureSettings(Settings):
    """Frames are encoded once and kept, for an image encoder that does not learn."""

    moving: int = Field(default=4, ge=0)
    """Frames that are made of a still image; 0 takes it as it is."""
    augment: AugmentSettings = AugmentSettings()
    """How far they move and change."""


class SyntheticSettings(Settings):
    """Clips drawn by the generator, in the training mix. Their classes are 1 shaft, 2 manipulator."""

    count: PositiveInt = 32
    """How many different clips."""
    frames: PositiveInt = 24
    """Frames of each."""
    size: tuple[int, int] = (256, 320)
    """(rows, columns)."""
    first_seed: int = 1000
    """The clips' seeds run from here."""
    hard_share: float = Field(default=0.25, ge=0, le=1)
    """About the share of their frames with blur, dark, smoke or occlusion."""
    weight: PositiveFloat = 0.5
    """How often one is drawn, relative to the other sources."""


class DataSettings(Settings):
    """What is learnt from, and what is kept aside."""

    sources: tuple[SourceSettings, ...] = ()
    """Folders of cases."""
    synthetic: SyntheticSettings | None = None
    """Generated clips in the mix."""
    features: FeatureSettings | None = None
    """Learn from features that are encoded once; none encodes frames anew at each step."""
    exclude: tuple[str, ...] = ()
    """Groups that are neither trained nor validated on: the test set."""
    validation: tuple[str, ...] = ()
    """Groups that validate."""
    validation_fraction: float = Field(default=0.0, ge=0, lt=1)
    """Where no group is named: the share of groups that validate, chosen by the seed."""
    splits: str | None = None
    """A file that `segmem split` or nnU-Net made, relative to the data folder: who trains and who validates."""
    fold: int = Field(default=0, ge=0)
    """Which of its folds."""
    split_seed: int | None = None
    """Chooses who is held out and what a limit leaves, so that runs of other seeds see the same; none takes `seed`."""
    noise: float = Field(default=0.0, ge=0, le=1)
    """Share of each source's training cases whose labels are made wrong on purpose, to see what that costs: a third of
    them shifted, a third eroded, of a third one half dropped, chosen by a hash of `seed` and name. Prompts in training
    are drawn from the wrong labels too. Cases that validate or are held out keep theirs."""
    test_limit: PositiveInt | None = None
    """Only so many of a source's held-out cases are measured on, where they are; none takes all."""


class StageSettings(Settings):
    """A number of steps of one kind."""

    name: str
    """Shown in the log; part of what the clips are drawn from."""
    steps: PositiveInt
    """Updates of the weights."""
    batch: PositiveInt = 8
    """Clips in each, per process."""
    length: PositiveInt = 1
    """Frames of a clip."""
    back: PositiveInt = 4
    """The last so many frames of a clip are back-propagated through; those before only fill the memory."""
    stride: PositiveInt | None = None
    """Mean step between frames of a clip; none takes the memory's own stride."""
    optimizer: Literal["radam-schedule-free", "adamw"] = "radam-schedule-free"
    """The first averages weights in place of a schedule; AdamW keeps one rate."""
    learning_rate: PositiveFloat = 1e-3
    """Of the optimiser."""
    memory_learning_rate: PositiveFloat | None = None
    """The memory's own, which begins with fresh weights beside a trained network; none takes `learning_rate`."""
    weight_decay: float = Field(default=0.0, ge=0)
    """L2 penalty."""
    memory: bool = False
    """Whether frames pass through the memory; else the 2D network learns from labelled frames alone."""
    train: Literal["all", "base", "memory", "gate"] = "all"
    """Which parameters learn. gate: only the memory's gate, to tell spoilt frames from clear ones."""
    gate_learning_rate: PositiveFloat | None = None
    """In a stage that trains the memory: its gate learns too, at this rate, to tell spoilt frames from clear ones, from
    the augmentation that spoilt them. None leaves it as it is. Of the method `lapg`, in any stage: the rate of what
    lets prompts and coarse masks into the decoder; none takes `learning_rate`."""
    one_object: OneObject | None = None
    """Each clip shows one class of its case, drawn anew, as class 1, so that only memory can tell which. foreground:
    never the background; any: that too, which is needed where cases have one class."""
    known_first: bool = False
    """The first frame of a clip is remembered with its label, where it has one, not with what the model found."""
    apart: bool = False
    """In a stage that trains all with memory: the 2D network learns from frames alone, as it would without memory, and
    the memory beside it from features that it does not change. So memory cannot spoil the network."""
    freeze_memory: bool = False
    """Memory attention and memory encoder keep the weights they began with, as in TMAM's paper; what joins them to
    the network learns."""
    freeze_norm: bool | None = None
    """BatchNorm keeps its statistics; none means exactly in stages with memory."""
    prompted: PromptedSettings = PromptedSettings()
    """How a network learns whose objects are prompted."""
    sources: tuple[str, ...] = ()
    """Only these sources are drawn from, by name, generated clips as synthetic; none: all."""
    groups: tuple[str, ...] = ()
    """Only cases of these groups are drawn, as when memory learns from others than the 2D network; none: all."""
    augment: AugmentSettings | None = None
    """How clips are changed in this stage; none takes the run's."""
    corruption: float | None = Field(default=None, ge=0, le=1)
    """Share of frames spoilt in this stage; none keeps what `augment` says."""


class TrainSettings(Settings):
    """Everything that decides what a run learns. Saved beside it as settings.yaml."""

    model: ModelSpec = ModelSpec()
    """What is trained."""
    begin_from: str | None = None
    """A run folder, weights file or shipped model of the same network to begin with."""
    network_from: str | None = None
    """The same for the 2D network alone; also any checkpoint of the same network, as Lightning or plain PyTorch
    save it. Of the method `lapg`: a SAM2 or MedSAM2 checkpoint, whose image encoder is taken, and its memory and
    two-way attention where they are of one size."""
    memory_from: str | None = None
    """The same for memory attention and memory encoder alone, and what reads features for them where it is of the
    same size; also a SAM2.1 checkpoint, whose size is 256 wide, 4 layers, ffn 2048. Of the methods `litemedsam` and
    `samed2`: the memory that follows objects, as in the shipped `litemedsam`."""
    data: DataSettings = DataSettings()
    """On what."""
    augment: AugmentSettings = AugmentSettings()
    """How clips are changed."""
    volume_loss: VolumeLossSettings = VolumeLossSettings()
    """Weights of the loss of the method `lapg`."""
    stages: tuple[StageSettings, ...] = Field(min_length=1)
    """One after another, each with a fresh optimiser that begins from the last one's averaged weights."""
    seed: int = 0
    """Of weights, clips and their changes."""
    clip_gradient: PositiveFloat = 1.0
    """Gradients longer than this are shortened to it."""
    norm_batches: PositiveInt = 50
    """Batches from which BatchNorm's statistics are estimated anew after a stage that trained it."""
    precision: Literal["auto", "32-true", "bf16-mixed"] = "auto"
    """auto: bf16-mixed where the hardware multiplies bf16 fast, else 32-true."""
    accelerator: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where to run."""
    devices: PositiveInt = 1
    """Processes, one a device."""
    threads: PositiveInt | None = None
    """CPU threads of one process; none leaves PyTorch's choice."""
    loaders: int = Field(default=1, ge=0)
    """Threads that cut clips ahead of the training; 0 cuts them in between."""
    cache_size: ByteSize | None = None
    """Most that decoded cases may take on disk, as 20GB; what no run uses goes first. None: as much as they need."""
    checkpoint_every: PositiveInt = 100
    """Steps between checkpoints; a stage's end always makes one."""
    validate_every: PositiveInt | None = None
    """Steps between validations; none validates at the end of each stage."""
    validate_frames: PositiveInt | None = None
    """Only the first so many frames of each validation case."""
    log_every: PositiveInt = 10
    """Steps between lines of the log."""

    @model_validator(mode="after")
    def _gate_is_taught(self) -> Self:
        tmam = self.model.tmam
        if tmam is None or tmam.evidence is None or self.begin_from is not None:
            return self
        if any(one.train == "gate" or one.gate_learning_rate is not None for one in self.stages):
            return self
        if any(one.memory for one in self.stages):
            raise ValueError(
                "stages: model.tmam.evidence asks the gate what is spoilt, and no stage teaches it: all would be taken"
                " for spoilt. Add a stage with train: gate before the one with memory (as in the preset"
                " tmam-endovis15), begin_from a model whose gate was taught, or leave the evidence out (~)."
            )
        return self
