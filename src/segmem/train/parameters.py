"""Which parameters a stage trains, and how fast."""

from torch import nn

from segmem.core.errors import SettingsError
from segmem.methods.load import Model
from segmem.nn.network_parts import NEW, Part, parameters_of
from segmem.prompted import PromptedSegmenter
from segmem.train.optimizers import Groups
from segmem.train.settings import StageSettings, TrainSettings
from segmem.volumetric import VolumeSegmenter


def choose(model: Model, stage: StageSettings) -> Groups:
    """The parameters that the stage trains, the memory's with their own learning rate; others need no gradient."""
    if isinstance(model, PromptedSegmenter):
        return _parts_of(model, stage)
    gates = stage.train == "gate" or stage.gate_learning_rate is not None
    if isinstance(
        model, VolumeSegmenter
    ):  # its gates are the network's, and learn with it where nothing is said
        gate = list(model.gate_parameters()) if stage.gate_learning_rate is not None else []
    else:
        gate = list(model.gate_parameters())
    if gates and not gate:
        raise SettingsError(
            f"stages: {stage.name} trains a gate, but the model has none. Give it one (model.tmam.gate), or leave out"
            " the stage, or its gate_learning_rate (~)."
        )
    told = {id(parameter) for parameter in gate}
    if stage.freeze_memory:
        told |= {id(parameter) for parameter in model.look_parameters()}
    base = stage.train in ("all", "base")
    memory = stage.memory and stage.train in ("all", "memory")
    groups = (
        (base, [p for p in model.base_parameters() if id(p) not in told], stage.learning_rate),
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


def _parts_of(model: PromptedSegmenter, stage: StageSettings) -> Groups:
    """The published parts that learn at the stage's rate; what is new, at its own."""
    wish = stage.prompted
    known: list[nn.Parameter] = []
    new: list[nn.Parameter] = []
    for part in wish.parts:
        of_part = _of_part(model, part)
        if not of_part:
            raise SettingsError(f"stages: {stage.name} trains {part}, but this network has none.")
        told = {id(parameter) for parameter in (*known, *new)}  # memory's attention is a part of memory
        (new if part in NEW else known).extend(one for one in of_part if id(one) not in told)
    model.requires_grad_(False)
    for parameter in (*known, *new):
        parameter.requires_grad_()
    fast = stage.memory_learning_rate or stage.learning_rate * wish.new_times
    groups: Groups = [{"params": known, "lr": stage.learning_rate}, {"params": new, "lr": fast}]
    return [group for group in groups if group["params"]]


def _of_part(model: PromptedSegmenter, part: Part) -> list[nn.Parameter]:
    if part == "memory":
        return list(model.memory_parameters())
    return list(parameters_of(model if part == "cases" else model.get_submodule("network"), part))


def require_stages(model: Model, settings: TrainSettings) -> None:
    """Refuse stages that the model could not learn in, before the first of them takes its hours.

    Raises:
        SettingsError: one trains a part that the model has not, or could teach nothing.
    """
    for stage in settings.stages:
        if isinstance(model, PromptedSegmenter):
            require_teaching(stage, settings)
        choose(model, stage)


def require_teaching(stage: StageSettings, settings: TrainSettings) -> None:
    """Refuse a stage of a promptable network that could teach nothing, or what frames were encoded with.

    Raises:
        SettingsError: it is one.
    """
    if "encoder" in stage.prompted.parts and settings.data.features is not None:
        raise SettingsError(
            f"stages: {stage.name} trains the encoder, but data.features encodes frames once."
            " Leave data.features out (~), or the part. Adapters may learn: what comes before them is kept."
        )
    if stage.length == 1 and stage.prompted.parts == ("memory",):
        raise SettingsError(
            f"stages: {stage.name} has clips of one frame, from which a memory learns nothing. Give length: 4, or let"
            " another part learn: prompted.parts: [decoder, memory]."
        )
