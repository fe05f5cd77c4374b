"""Sources whose labels tell only some of a model's classes."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from segmem.core.errors import SettingsError, nearest
from segmem.train.settings import SourceSettings, TrainSettings

Classes = tuple[int, ...]


def labelled_classes(source: SourceSettings, settings: TrainSettings) -> Classes | None:
    """Class ids that a source's labels tell, background first; None: all.

    Raises:
        SettingsError: a name is no class, or the run cannot learn from such labels.
    """
    if not source.labelled_classes:
        return None
    spec = settings.model
    if spec.method not in ("tmam", "lapg"):
        raise SettingsError(
            f"{source.path}: labelled_classes is of the methods tmam and lapg; {spec.method} is asked object by object"
            " and learns from those that are labelled. Leave it out."
        )
    if any(stage.one_object for stage in settings.stages):
        raise SettingsError(
            f"{source.path}: labelled_classes names classes; a stage with one_object has none. Leave out one of them."
        )
    for name in source.labelled_classes:
        if name not in spec.classes[1:]:
            raise SettingsError(
                f"{source.path}: labelled_classes: {name!r} is no class of the model."
                f"{nearest(name, list(spec.classes[1:]))}"
            )
    return (0, *sorted(spec.classes.index(name) for name in set(source.labelled_classes)))


def hidden(label_map: Mapping[int, int], told: Classes | None, classes: int) -> dict[int, int]:
    """A label map by which values of classes that are not told are background.

    Args:
        label_map: label value to class; values not named keep their number.
        told: class ids; None: all.
        classes: K, background among them.
    """
    if told is None:
        return dict(label_map)
    whole = {**{k: k for k in range(classes)}, **label_map}
    return {value: k if k in told else 0 for value, k in whole.items()}


def told_mask(clips: Sequence[Classes | None], classes: int) -> Tensor | None:
    """(B, K) bool: which classes each clip's labels tell; None where all tell all."""
    if all(told is None for told in clips):
        return None
    mask = torch.ones(len(clips), classes, dtype=torch.bool)
    for row, told in zip(mask, clips, strict=True):
        if told is not None:
            row.fill_(False)
            row[list(told)] = True
    return mask


def told_frames(told: Tensor | None, labelled: Tensor) -> Tensor | None:
    """(N, K) of what is told (B, K): a row for each of N frames that are `labelled` (B, T), clip after clip."""
    return None if told is None else told.repeat_interleave(labelled.sum(dim=1), dim=0)
