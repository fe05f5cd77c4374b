"""Prompt once, then follow: videos from the first frame's mask, scans from one box on the middle slice.

    python benchmarks/follow.py --model litemedsam --data ../shared/data --out docs/results/follow.csv
        [--sets davis acdc hippocampus] [--cases 32] [--features FOLDER]

Each object is followed for itself. Three ways through the same encoded frames: `memory` is the model as it is;
`carry` has no memory and prompts each frame with the box of the mask before, 4 pixels wider; `none` hears the prompt
alone. Scans are followed both ways. DAVIS is scored by J&F over the frames after the first, as that benchmark does;
scans by Dice on their own grid, the prompted slice included. Only cases that training held out are read; DAVIS is
never trained on. With --features, encoded frames are kept in a folder, in float32, for the next time. Resumable: rows
in the CSV are not done again.
"""

import argparse
import csv
import hashlib
import os
from collections import defaultdict
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segmem.core import Clip, Features, Prompt
from segmem.data.layouts import find_labelled
from segmem.data.splits import by_fraction
from segmem.io.images import FrameFolder
from segmem.io.masks import read_mask
from segmem.io.volume import read_label_volume, read_volume
from segmem.metrics.davis import contour, region
from segmem.predict.segment import case_predictions
from segmem.predict.stream import Viewer, ready
from segmem.state import State

HELD_OUT = {"hippocampus": ("mr_hippocampus", None, 0.2), "acdc": ("mr_acdc", r"(patient\d+)_", 0.33)}
MARGIN = 4
WAYS = ("memory", "carry", "none")
Maps = NDArray[np.uint8]
Masks = NDArray[np.bool_]


class Remembering:
    """A viewer's model that encodes each frame once, however often it is looked at; in a folder, for ever."""

    def __init__(self, viewer: Viewer, folder: Path | None, mark: str) -> None:
        self.mark = mark.encode()
        self.seen: dict[str, Features] = {}
        self.folder = folder
        self.encode = viewer.model.encode
        viewer.model.encode = self  # type: ignore[method-assign, assignment]

    def __call__(self, frame: Tensor) -> Features:
        key = hashlib.sha256(self.mark + frame.contiguous().numpy().tobytes()).hexdigest()[:24]
        if key not in self.seen:
            self.seen[key] = self.kept(key, frame)
        return self.seen[key]

    def kept(self, key: str, frame: Tensor) -> Features:
        """From the folder, or into it."""
        if self.folder is None:
            return self.encode(frame)
        path = self.folder / f"{key}.npy"
        if path.is_file():
            return Features(torch.from_numpy(np.load(path)))
        features = self.encode(frame)
        part = path.with_suffix(f".{os.getpid()}.npy")
        np.save(part, features.top.float().numpy())
        part.replace(path)
        return self.kept(key, frame)


def clips(name: str, data: Path, most: int) -> Iterator[tuple[Clip, Maps]]:
    """Frames and label maps (T, H, W) of each case of a set."""
    if name == "davis":
        for folder in sorted((data / "video_davis" / "frames").iterdir()):
            source = FrameFolder(tuple(sorted(folder.iterdir())), folder.name)
            clip = Clip(folder.name, torch.stack(list(source)), source.geometry)
            paths = sorted((data / "video_davis" / "masks" / folder.name).iterdir())
            yield clip, np.stack([(read_mask(path).numpy() > 0).astype(np.uint8) for path in paths])
        return
    path, group, share = HELD_OUT[name]
    held = by_fraction(find_labelled(data / path, group=group), share, 0).validation
    for case in sorted(held, key=lambda one: one.name)[:most]:
        image, label = case.files
        scan = read_volume(image)
        yield scan, read_label_volume(label, scan.geometry).numpy()


def first_prompts(clip: Clip, truth: Maps) -> list[Prompt]:
    """The mask of a video's first frame, or tight boxes on a scan's middle slice."""
    volume = clip.geometry.kind == "volume"
    at = len(truth) // 2 if volume else 0
    prompts = []
    for one in np.unique(truth[at])[1:]:
        mask = truth[at] == one
        prompts.append(Prompt(at, int(one), box=tight(mask)) if volume else Prompt(at, int(one), mask=mask))
    return prompts


def tight(mask: NDArray[np.bool_]) -> tuple[float, float, float, float]:
    """The box (x0, y0, x1, y1) around a mask."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)


def followed(viewer: Viewer, clip: Clip, prompt: Prompt, way: str) -> Masks:
    """(T, H, W) of one object."""
    if way == "memory":
        by_frame = viewer.checked([prompt], clip)
        return np.stack([p.labels[0].numpy() > 0 for p in case_predictions(viewer, clip, by_frame)])
    masks = np.zeros((clip.length, *clip.geometry.size), bool)
    masks[prompt.frame] = look(viewer, clip, prompt)
    if way == "carry":
        for order in (range(prompt.frame + 1, clip.length), range(prompt.frame - 1, -1, -1)):
            before = masks[prompt.frame]
            for t in order:
                if not before.any():
                    break
                before = masks[t] = look(viewer, clip, Prompt(t, box=wider(before)))
    return masks


def look(viewer: Viewer, clip: Clip, prompt: Prompt) -> Masks:
    """One frame by its prompt alone."""
    at = prompt.frame
    prediction, _ = viewer.look(clip.frames[at], State(frame=at), [prompt], recall=False)
    found: Masks = viewer.unfit(prediction).labels[0].numpy() > 0
    return found


def wider(mask: NDArray[np.bool_]) -> tuple[float, float, float, float]:
    """The box around a mask, wider by a margin of the model's pixels, within the frame."""
    h, w = mask.shape
    margin = MARGIN * max(h, w) / 256
    x0, y0, x1, y1 = tight(mask)
    return max(0.0, x0 - margin), max(0.0, y0 - margin), min(w, x1 + margin), min(h, y1 + margin)


def score(kind: str, found: Masks, truth: Masks) -> dict[str, float]:
    """Of one object; a video's first frame was given."""
    if kind == "volume":
        return {"dice": float(2 * (found & truth).sum() / max(1, found.sum() + truth.sum()))}
    pairs = list(zip(found, truth, strict=True))[1:]
    j = float(np.mean([region(a, b, both_empty=1) for a, b in pairs]))
    f = float(np.mean([contour(a, b, both_empty=1) for a, b in pairs]))
    return {"j": j, "f": f, "j_and_f": (j + f) / 2}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="litemedsam")
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--sets", nargs="+", default=["davis", "acdc", "hippocampus"])
    parser.add_argument("--cases", type=int, default=32)
    parser.add_argument("--ways", nargs="+", default=WAYS, choices=WAYS)
    parser.add_argument("--features", type=Path)
    options = parser.parse_args()
    done = set()
    if options.out.exists():
        with options.out.open(encoding="utf-8") as file:
            done = {(row["set"], row["case"], row["object"], row["way"]) for row in csv.DictReader(file)}
    else:
        options.out.write_text("set,case,object,way,metric,value\n", encoding="utf-8")
    if options.features is not None:
        options.features.mkdir(parents=True, exist_ok=True)
    model, compute = ready(options.model)
    for name in options.sets:
        for clip, truth in clips(name, options.data, options.cases):
            viewer = Viewer(model, compute)
            Remembering(viewer, options.features, f"{options.model} {compute.precision}")
            prompts = first_prompts(clip, truth)
            if not prompts:
                continue
            viewer.window = window_of(clip, viewer)
            for prompt, way in product(prompts, options.ways):
                if (name, clip.name, str(prompt.object), way) in done:
                    continue
                found = followed(viewer, clip, prompt, way)
                scores = score(clip.geometry.kind, found, truth == prompt.object)
                with options.out.open("a", encoding="utf-8") as file:
                    for metric, value in scores.items():
                        file.write(f"{name},{clip.name},{prompt.object},{way},{metric},{value:.4f}\n")
    report(options.out)


def window_of(clip: Clip, viewer: Viewer) -> tuple[float, float]:
    """Of the whole case."""
    from segmem.ops.prepare import case_window

    return case_window(clip.frames, viewer.model.spec.intensity, clip.geometry.kind)


def report(path: Path) -> None:
    """Means by set, object, metric and way."""
    table: dict[tuple[str, str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for one in (row["object"], "all"):
                table[row["set"], one, row["metric"]][row["way"]].append(float(row["value"]))
    for (name, one, metric), ways in sorted(table.items()):
        told = "  ".join(f"{way} {np.mean(values):.3f}" for way, values in ways.items())
        print(f"{name} object {one} {metric} (n={len(next(iter(ways.values())))}): {told}")


if __name__ == "__main__":
    main()
