"""Frames encoded once by an image encoder that does not learn, kept as mapped half-precision features."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segmem.core import Features
from segmem.data.cache import CachedCase
from segmem.data.growing import GrowingArray, read_mapped
from segmem.data.store import Store
from segmem.ops.augment import AugmentSettings, augment
from segmem.ops.fit import Fit, FitSettings, fit_labels

WHOLE_BYTES = (0.0, 255.0)  # cached frames go from the window's low to its high value


class Encoder(Protocol):
    """What is asked of a model: an image encoder whose features are one map. Where it looks at several frames, `enter`
    gives what is of each alone."""

    def prepare(self, frames: Tensor, fit: Fit, window: tuple[float, float]) -> Tensor: ...

    def enter(self, frame: Tensor) -> Features: ...


@dataclass(frozen=True, slots=True)
class FeatureCache:
    """Encodes cases into `store`, or finds them there: features.npy.

    Attributes:
        store: where the arrays are, by what they are made of.
        fit: how the model wants its frames.
        mark: names the encoder's weights.
        augment: how far the frames of a still image move and change.
        moving: frames that are made of a still image; 0 leaves it as it is.
        seed: of those.
        device: where the encoder is.
    """

    store: Store
    fit: FitSettings
    mark: str
    augment: AugmentSettings
    moving: int
    seed: int
    device: str = "cpu"

    def open(self, case: CachedCase, model: Encoder) -> CachedCase:
        """The case with the features of its frames.

        A still image becomes a clip, where `moving` says so: frames that drift from it, its labels with them.
        """
        moves = case.length == 1 and self.moving > 0
        clip = self._moved(case) if moves else case
        looks = hashlib.sha256(np.ascontiguousarray(case.frames).tobytes()).hexdigest()
        key: list[object] = [case.name, looks, self.mark, self.fit.model_dump()]
        if moves:
            key += [self.moving, self.seed, self.augment.model_dump()]
        name = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:20]
        folder, hold = self.store.entry(name, lambda folder: self._encode(clip, model, folder))
        features = read_mapped(folder / "features.npy").view(np.uint16)
        return replace(clip, features=features, holds=(*clip.holds, hold))

    def _encode(self, clip: CachedCase, model: Encoder, folder: Path) -> None:
        with GrowingArray(folder / "features.npy", np.uint16) as features:
            for one in self._encoded(clip, model):
                features.append(one)

    @torch.inference_mode()
    def _encoded(self, clip: CachedCase, model: Encoder) -> Iterator[NDArray[np.uint16]]:
        fit = clip.fit(self.fit)
        for frame in clip.frames:
            scaled = torch.from_numpy(np.array(frame))[None]
            ready = model.prepare(scaled.to(self.device), replace(fit, size=fit.scaled), WHOLE_BYTES)
            top = model.enter(ready.contiguous(memory_format=torch.channels_last)).top[0]
            yield top.to(torch.bfloat16).contiguous().view(torch.uint16).cpu().numpy()

    def _moved(self, case: CachedCase) -> CachedCase:
        digest = hashlib.sha256(f"{self.seed}/{case.name}".encode()).digest()
        random = torch.Generator().manual_seed(int.from_bytes(digest[:7], "little"))
        size = case.fit(self.fit).scaled
        frames = torch.from_numpy(np.array(case.frames)).expand(self.moving, -1, -1, -1)
        labels = torch.from_numpy(np.array(case.labels)).expand(self.moving, -1, -1)
        changed = augment(frames, labels, size, self.augment, random, motion=True)
        known = np.repeat(case.labelled, self.moving)
        return replace(
            case, frames=changed.frames.numpy(), labels=changed.labels.numpy(), labelled=known, kind="video"
        )


def features_of(case: CachedCase, index: NDArray[np.intp]) -> Tensor:
    """(T, C, h, w) bfloat16 of the frames that `index` names; the case has features."""
    assert case.features is not None  # noqa: S101  the caller asked
    return torch.from_numpy(np.array(case.features[index])).view(torch.bfloat16)


def grid_labels(case: CachedCase, index: NDArray[np.intp], settings: FitSettings) -> Tensor:
    """(T, `grid`) label maps of those frames, padded as the model's grid is."""
    fit = case.fit(settings)
    return fit_labels(torch.from_numpy(np.array(case.labels[index])), replace(fit, size=fit.scaled))
