"""Cases decoded once, at the model's training resolution, as memory-mapped bytes."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segmem.core import Kind
from segmem.core.errors import InputError
from segmem.data.cases import LabelledCase, LabelledFrame
from segmem.data.classes import class_table, to_classes
from segmem.data.digest import digest
from segmem.data.growing import GrowingArray, read_mapped
from segmem.data.on_grid import on_grid
from segmem.data.store import Store
from segmem.io.images import THREADS
from segmem.io.ordered import in_order
from segmem.ops.fit import Fit, FitSettings, plan, resize
from segmem.ops.intensity import IntensitySettings
from segmem.ops.prepare import case_window
from segmem.ops.volume_settings import VolumeSettings
from segmem.ops.working_grid import OWN

VERSION = 2


@dataclass(frozen=True, slots=True)
class CachedCase:
    """One decoded case. The arrays are mapped, so that only the frames asked for are read.

    Attributes:
        name, group, kind: the case's own.
        frames: (T, C, h, w) uint8; a scan's intensities run from its low percentile (0) to its high one (255).
        labels: (T, h, w) uint8 class ids, 0 where nobody labelled the frame.
        labelled: (T,) bool.
        size: (H, W) of the file's frames, before fitting.
        features: (T, C, h', w') bfloat16 seen as uint16, where an encoder that does not learn made them.
        holds: keep the arrays' files from being deleted by runs that need room.
    """

    name: str
    group: str
    kind: Kind
    frames: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    labelled: NDArray[np.bool_]
    size: tuple[int, int]
    features: NDArray[np.uint16] | None = None
    holds: tuple[object, ...] = ()

    @property
    def length(self) -> int:
        return int(self.frames.shape[0])

    def fit(self, settings: FitSettings) -> Fit:
        """The plan its frames were resized with; they are not padded yet."""
        return plan(self.size, settings)


@dataclass(frozen=True, slots=True)
class Cache:
    """Decodes cases into `store`, or finds them there: frames.npy, labels.npy, labelled.npy and case.json.

    Attributes:
        store: where the arrays are, by the content of the files they are made of.
        fit, intensity: as the model wants them.
        classes: names, index 0 is background; a label of another id is refused.
        volume: the grid that the model sees scans on; frames and labels of a scan are on it.
    """

    store: Store
    fit: FitSettings
    intensity: IntensitySettings
    classes: tuple[str, ...]
    volume: VolumeSettings = OWN

    def open(
        self, case: LabelledCase, label_map: Mapping[int, int] | None = None, every: int = 1
    ) -> CachedCase:
        """The case, or every so many-th frame of it, decoded now unless all is as at an earlier time.

        Raises:
            InputError: a label is no class, no frame is labelled, or the files cannot be read.
        """
        known = label_map or {}
        folder, hold = self.store.entry(
            self._key(case, known, every), lambda folder: self._decode(case, known, every, folder)
        )
        about = json.loads((folder / "case.json").read_text(encoding="utf-8"))
        return CachedCase(
            case.name,
            case.group,
            case.kind,
            read_mapped(folder / "frames.npy").view(np.uint8),
            read_mapped(folder / "labels.npy").view(np.uint8),
            np.load(folder / "labelled.npy", allow_pickle=False),
            (about["size"][0], about["size"][1]),
            holds=(hold,),
        )

    def open_all(
        self, cases: Sequence[LabelledCase], label_map: Mapping[int, int] | None = None, every: int = 1
    ) -> list[CachedCase]:
        """Each of `cases`, in order, several at a time."""
        return list(in_order(lambda case: self.open(case, label_map, every), cases, THREADS, name="cases"))

    def _key(self, case: LabelledCase, label_map: Mapping[int, int], every: int) -> str:
        made_of = [
            VERSION, case.name, case.kind, digest(case.files, self.store.folder), sorted(label_map.items()),
            len(self.classes), self.fit.model_dump(), self.intensity.model_dump(), every, *case.channels,
        ]  # fmt: skip
        if self._moves(case):
            made_of.append(self.volume.model_dump())
        return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:20]

    def _moves(self, case: LabelledCase) -> bool:
        return case.kind == "volume" and self.volume != OWN

    def _decode(self, case: LabelledCase, label_map: Mapping[int, int], every: int, folder: Path) -> None:
        table = class_table(label_map, len(self.classes))
        if self._moves(case):
            case = on_grid(
                case, self.volume, lambda label, here: to_classes(label, table, self.classes, here)
            )
            table = class_table({}, len(self.classes))
        size: tuple[int, int] | None = None
        with (
            GrowingArray(folder / "frames.npy") as frames,
            GrowingArray(folder / "labels.npy") as labels,
            GrowingArray(folder / "labelled.npy", np.bool_) as labelled,
        ):
            for index, (frame, label) in islice(enumerate(_as_bytes(case, self.intensity)), 0, None, every):
                fit = plan((frame.shape[-2], frame.shape[-1]), self.fit)
                size = size or fit.size
                here = f"{case.name} frame {index}"
                classes = None if label is None else to_classes(label, table, self.classes, here)
                frames.append(_shrink(frame, fit).numpy())
                labels.append(_shrink_labels(classes, fit).numpy())
                labelled.append(np.array(classes is not None))
            if size is None:
                raise InputError(
                    f"{case.name}: not one readable frame. Leave the case out, or replace its file."
                )
        (folder / "case.json").write_text(json.dumps({"name": case.name, "size": size}), encoding="utf-8")


def _as_bytes(case: LabelledCase, settings: IntensitySettings) -> Iterator[LabelledFrame]:
    """Frames as uint8. A scan is held whole for its percentiles; a video is not."""
    if settings.kind == "rgb" and case.kind != "volume":
        yield from case.read()
        return
    whole = list(case.read())
    low, high = case_window(torch.stack([frame for frame, _ in whole]), settings, case.kind)
    for frame, label in whole:
        finite = torch.nan_to_num(frame.float(), nan=low, posinf=high, neginf=low)
        scaled = (finite.clamp(low, high) - low) / (high - low) * 255
        yield scaled.round().to(torch.uint8), label


def _shrink(frame: Tensor, fit: Fit) -> Tensor:
    """As the model's own `prepare` resizes bytes when it predicts."""
    return resize(frame[None], fit.scaled, "image")[0]


def _shrink_labels(classes: Tensor | None, fit: Fit) -> Tensor:
    if classes is None:
        return torch.zeros(fit.scaled, dtype=torch.uint8)
    return resize(classes[None, None], fit.scaled, "labels")[0, 0]
