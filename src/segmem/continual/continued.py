"""A finished run learns from new data: what it knew is measured before and after, and a loss is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from segmem.core.errors import InputError, UsageError
from segmem.data.cache import CachedCase
from segmem.data.store import Store
from segmem.io.outputs import write_json_atomic
from segmem.methods.load import WEIGHTS, Model, load
from segmem.prompted import PromptedSegmenter
from segmem.train.claim import SETTINGS
from segmem.train.encoder_mark import encoder_mark
from segmem.train.log import say
from segmem.train.loop import train
from segmem.train.material import gather
from segmem.train.presets import changed, check, load_settings, merged, read_tree
from segmem.train.prompted_validation import TIGHT, object_dice
from segmem.train.settings import TrainSettings
from segmem.train.validation import validate

RESULT = "old-tasks.json"
TITLE = "old task"


@dataclass(frozen=True, slots=True)
class Change:
    """Dice on an old task's cases, before and after learning from new data."""

    task: str
    before: float
    after: float

    @property
    def lost(self) -> float:
        return self.before - self.after


def continue_from(  # noqa: PLR0913 - a keyword each
    old: Path,
    data_root: Path,
    run: Path,
    *,
    config: Path | None = None,
    changes: Sequence[str] = (),
    old_data: Path | None = None,
    threshold: float = 0.02,
    resume: bool = False,
    cache: Path | None = None,
) -> list[Change]:
    """Train a run's model on from its weights, on what `config` and `changes` say; its old tasks are measured.

    Args:
        old: the finished run's folder.
        data_root: what the new sources' paths are relative to.
        run: the new run's folder; `old-tasks.json` in it has the table.
        config: a YAML file of what is different from the old run: `data`, `stages`.
        changes: `key=value` pairs over both.
        old_data: what the old sources' paths are relative to, if not to `data_root`.
        threshold: a task that lost more Dice than that is warned of.
        resume: go on with a training that was stopped.
        cache: where decoded cases are kept.

    Raises:
        UsageError: `old` is no finished run, or nothing says what is new.
        InputError: an old source holds out, or validates on, no case to be measured on.
        and whatever training raises.
    """
    if not (old / WEIGHTS).is_file() or not (old / SETTINGS).is_file():
        raise UsageError(f"{old}: no finished run ({SETTINGS} and {WEIGHTS}). Give the folder of one.")
    before = load_settings(old / SETTINGS)
    after = _new_settings(old, config, changes)
    if after.data == before.data:
        raise UsageError(
            "--continue-from: the data is that of the old run. Say what is new: --set data.sources=..."
        )
    tested = _Tested(before, old_data or data_root, Store(cache or run / "cache", before.cache_size))
    first = tested.scores(load(old))
    train(after, data_root, run, resume, cache=cache)
    last = tested.scores(load(run))
    found = [Change(task, first[task], last[task]) for task in first]
    write_json_atomic(
        run / RESULT, {"threshold": threshold, "tasks": {c.task: [c.before, c.after] for c in found}}
    )
    say(told(found, threshold))
    return found


def told(changes: Sequence[Change], threshold: float) -> str:
    """The table, with a warning above it where a task lost more than `threshold`."""
    width = max(len(name) for name in (TITLE, *(change.task for change in changes)))
    lines = [f"{TITLE:<{width}}  before   after  change"]
    lines += [f"{c.task:<{width}}  {c.before:6.3f}  {c.after:6.3f}  {-c.lost:+6.3f}" for c in changes]
    lost = [change.task for change in changes if change.lost > threshold]
    if not lost:
        return "\n".join(lines)
    warning = (
        f"WARNING: {', '.join(lost)} lost more than {threshold:g} Dice by learning from the new data. Learn old and new"
        " cases together, or as a stream with strategy bank or replay (segmem train --continual)."
    )
    return "\n".join([warning, *lines])


def _new_settings(old: Path, config: Path | None, changes: Sequence[str]) -> TrainSettings:
    tree = read_tree(old / SETTINGS)
    if config is not None:
        tree = merged(tree, read_tree(config))
    tree = {**changed(tree, changes), "begin_from": str(old), "network_from": None, "memory_from": None}
    return check(tree)


class _Tested:
    """The cases that an old run held out, by source; those it validated on, where it held out none."""

    def __init__(self, settings: TrainSettings, root: Path, store: Store) -> None:
        self.settings, self.root, self.store = settings, root, store

    def scores(self, model: Model) -> Mapping[str, float]:
        found: dict[str, float] = {}
        encoder = model if isinstance(model, PromptedSegmenter) else None
        material = gather(
            self.settings, self.root, self.store, encoder, encoder_mark(self.settings, model), tested=True
        )
        cases = {name: held for name, held in material.tests.items() if held}
        if material.validation:
            cases.setdefault("validation", material.validation)
        for name, held in cases.items():
            value = self._score(model, name, held)
            if value is not None:
                found[name] = value
        if not found:
            raise InputError(
                f"{self.root}: the old run held out no case, nor validated on one, so that nothing can be said of what"
                " it forgets. Train it anew with held_out in its sources, or with data.validation."
            )
        return found

    def _score(self, model: Model, name: str, cases: Sequence[CachedCase]) -> float | None:
        if not isinstance(model, PromptedSegmenter):
            memory = any(stage.memory for stage in self.settings.stages)
            return validate(model, cases, memory, self.settings.validate_frames).get("mean")
        import numpy as np
        import torch

        known = {source.name or source.path: source.prompts for source in self.settings.data.sources}
        wish = known.get(name)
        said = TIGHT if wish is None else wish.main()
        with torch.inference_mode():
            dice = [one for case in cases for one in object_dice(model, case, said).values()]
        return float(np.mean(dice)) if dice else None
