"""Cases decoded once, at the model's training resolution, as memory-mapped bytes in the run's folder."""

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
from segmem.data.growing import GrowingArray, read_mapped
from segmem.ops.fit import Fit, FitSettings, plan, resize
from segmem.ops.intensity import IntensitySettings
from segmem.ops.prepare import case_window

VERSION = 1


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
    """

    name: str
    group: str
    kind: Kind
    frames: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    labelled: NDArray[np.bool_]
    size: tuple[int, int]
    features: NDArray[np.uint16] | None = None

    @property
    def length(self) -> int:
        return int(self.frames.shape[0])

    def fit(self, settings: FitSettings) -> Fit:
        """The plan its frames were resized with; they are not padded yet."""
        return plan(self.size, settings)


@dataclass(frozen=True, slots=True)
class Cache:
    """Decodes cases into `folder`, or finds them there.

    Attributes:
        folder: where the arrays are.
        fit, intensity: as the model wants them.
        classes: names, index 0 is background; a label of another id is refused.
    """

    folder: Path
    fit: FitSettings
    intensity: IntensitySettings
    classes: tuple[str, ...]

    def open(
        self, case: LabelledCase, label_map: Mapping[int, int] | None = None, every: int = 1
    ) -> CachedCase:
        """The case, or every so many-th frame of it, decoded now unless all is as at an earlier time.

        Raises:
            InputError: a label is no class, no frame is labelled, or the files cannot be read.
        """
        folder = self.folder / self._key(case, label_map or {}, every)
        if not (folder / "case.json").is_file():
            self._decode(case, label_map or {}, every, folder)
        about = json.loads((folder / "case.json").read_text(encoding="utf-8"))
        return CachedCase(
            case.name,
            case.group,
            case.kind,
            read_mapped(folder / "frames.npy").view(np.uint8),
            read_mapped(folder / "labels.npy").view(np.uint8),
            read_mapped(folder / "labelled.npy").view(np.bool_),
            (about["size"][0], about["size"][1]),
        )

    def open_all(
        self, cases: Sequence[LabelledCase], label_map: Mapping[int, int] | None = None, every: int = 1
    ) -> list[CachedCase]:
        """Each of `cases`, in order."""
        return [self.open(case, label_map, every) for case in cases]

    def _key(self, case: LabelledCase, label_map: Mapping[int, int], every: int) -> str:
        stamps = [[str(p), p.stat().st_size, p.stat().st_mtime_ns] for p in case.files]
        made_of = [
            VERSION, case.name, case.kind, stamps, sorted(label_map.items()), len(self.classes),
            self.fit.model_dump(), self.intensity.model_dump(), every, *case.channels,
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:20]

    def _decode(self, case: LabelledCase, label_map: Mapping[int, int], every: int, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        table = class_table(label_map, len(self.classes))
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
        _write_whole(folder / "case.json", json.dumps({"name": case.name, "size": size}))


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
    resized = resize(frame[None].float(), fit.scaled, "image")[0]
    return resized.round().clamp(0, 255).to(torch.uint8)


def _shrink_labels(classes: Tensor | None, fit: Fit) -> Tensor:
    if classes is None:
        return torch.zeros(fit.scaled, dtype=torch.uint8)
    return resize(classes[None, None], fit.scaled, "labels")[0, 0]


def _write_whole(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
