"""From a stream of tasks to the settings of one run: a stage for each task."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from segmem.continual.settings import StreamSettings
from segmem.core.errors import SettingsError
from segmem.train.presets import changed, check, check_as, merged, preset_tree, read_tree
from segmem.train.settings import TrainSettings

OTHERS = (
    "validation",
    "validation_fraction",
    "splits",
    "synthetic",
    "exclude",
)  # a preset's own way to part cases
AT_ONCE = "joint"


def load_stream(path: Path, changes: Sequence[str] = ()) -> StreamSettings:
    """A stream file, changed by `key=value` pairs such as `strategy=bank` or `tasks.0.steps=50`.

    Raises:
        InputError: the file cannot be read.
        SettingsError: an unknown key or strategy (the nearest is named), a task that is named twice, or a bad value.
    """
    return check_as(StreamSettings, changed(read_tree(path), changes), path.name)


def run_settings(stream: StreamSettings) -> TrainSettings:
    """The run that learns the stream: each task a source and a stage; of `joint`, one stage of all sources.

    Raises:
        SettingsError: the preset does not exist or is not of a promptable network, or a value is bad.
    """
    tree = merged(preset_tree(stream.preset), stream.settings)
    stages = tree.get("stages") or [{}]
    base = merged(stages[0], stream.stage)
    tree["data"] = {key: value for key, value in (tree.get("data") or {}).items() if key not in OTHERS}
    tree["data"]["sources"] = [_source(task.model_dump()) for task in stream.tasks]
    tree["stages"] = _stages(stream, base)
    tree["seed"] = stream.seed
    made = check(tree)
    if made.model.method == "tmam":
        raise SettingsError(
            f"preset {stream.preset!r} trains the classes of a network without prompts. Tasks are learnt by promptable"
            " networks: take samed2-litemedsam."
        )
    if made.devices > 1:
        raise SettingsError("devices: a stream of tasks is learnt by one process; leave it 1.")
    return made


def _stages(stream: StreamSettings, base: dict[str, Any]) -> list[dict[str, Any]]:
    if stream.strategy == AT_ONCE:
        names = [task.name for task in stream.tasks]
        return [{**base, "name": AT_ONCE, "steps": sum(t.steps for t in stream.tasks), "sources": names}]
    return [{**base, "name": t.name, "steps": t.steps, "sources": [t.name]} for t in stream.tasks]


def _source(task: dict[str, Any]) -> dict[str, Any]:
    return {**task["source"], "name": task["name"], "prompts": task["prompts"]}
