"""Prompt once, then follow: videos from the first frame's mask, scans from one box on the middle slice.

    python benchmarks/follow.py --model litemedsam-memory --data ../shared/data --out docs/results/follow.csv
        [--sets davis acdc hippocampus] [--cases 32]

Three ways through the same encoded frames: `memory` is the model as it is; `carry` has no memory and prompts each
frame with the box of the mask before, 4 pixels wider; `none` hears the prompt alone. Scans are followed both ways.
DAVIS is scored by J&F over the frames after the first, as that benchmark does; scans by Dice on their own grid, the
prompted slice included. Only cases that training held out are read; DAVIS is never trained on. Resumable: rows in
the CSV are not done again.
"""

import argparse
import csv
from collections import defaultdict
from collections.abc import Iterator
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


class Remembering:
    """A viewer's model that encodes each frame once, however often it is looked at."""

    def __init__(self, viewer: Viewer) -> None:
        self.seen: dict[bytes, Features] = {}
        self.encode = viewer.model.encode
        viewer.model.encode = self  # type: ignore[method-assign, assignment]

    def __call__(self, frame: Tensor) -> Features:
        key = frame.contiguous().numpy().tobytes()
        if key not in self.seen:
            self.seen[key] = self.encode(frame)
        return self.seen[key]


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


def followed(viewer: Viewer, clip: Clip, prompts: list[Prompt], way: str) -> Maps:
    """Label maps (T, H, W)."""
    if way == "memory":
        by_frame = viewer.checked(prompts, clip)
        each = [p.labels[0].numpy() for p in case_predictions(viewer, clip, by_frame)]
        return np.stack(each)
    maps = np.zeros((clip.length, *clip.geometry.size), np.uint8)
    at = prompts[0].frame
    maps[at] = look(viewer, clip, prompts, at)
    if way == "carry":
        for order in (range(at + 1, clip.length), range(at - 1, -1, -1)):
            before = at
            for t in order:
                carried = [
                    Prompt(t, int(one), box=wider(maps[before] == one)) for one in np.unique(maps[before])[1:]
                ]
                maps[t] = look(viewer, clip, carried, t) if carried else 0
                before = t
    return maps


def look(viewer: Viewer, clip: Clip, prompts: list[Prompt], at: int) -> Maps:
    """One frame by its prompts alone."""
    prediction, _ = viewer.look(clip.frames[at], State(frame=at), prompts, recall=False)
    found: Maps = viewer.unfit(prediction).labels[0].numpy()
    return found


def wider(mask: NDArray[np.bool_]) -> tuple[float, float, float, float]:
    """The box around a mask, wider by a margin of the model's pixels, within the frame."""
    h, w = mask.shape
    margin = MARGIN * max(h, w) / 256
    x0, y0, x1, y1 = tight(mask)
    return max(0.0, x0 - margin), max(0.0, y0 - margin), min(w, x1 + margin), min(h, y1 + margin)


def score(kind: str, found: Maps, truth: Maps, objects: list[int], at: int) -> dict[str, float]:
    """Mean over objects."""
    rows = []
    for one in objects:
        ours, theirs = found == one, truth == one
        if kind == "volume":
            rows.append({"dice": 2 * (ours & theirs).sum() / max(1, ours.sum() + theirs.sum())})
        else:
            pairs = list(zip(ours, theirs, strict=True))[at + 1 :]
            j = float(np.mean([region(a, b) for a, b in pairs]))
            f = float(np.mean([contour(a, b) for a, b in pairs]))
            rows.append({"j": j, "f": f, "j_and_f": (j + f) / 2})
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="litemedsam-memory")
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--sets", nargs="+", default=["davis", "acdc", "hippocampus"])
    parser.add_argument("--cases", type=int, default=32)
    options = parser.parse_args()
    done = set()
    if options.out.exists():
        with options.out.open(encoding="utf-8") as file:
            done = {(row["set"], row["case"], row["way"]) for row in csv.DictReader(file)}
    else:
        options.out.write_text("set,case,way,metric,value\n", encoding="utf-8")
    model, compute = ready(options.model)
    for name in options.sets:
        for clip, truth in clips(name, options.data, options.cases):
            viewer = Viewer(model, compute)
            Remembering(viewer)
            prompts = first_prompts(clip, truth)
            if not prompts:
                continue
            viewer.window = window_of(clip, viewer)
            for way in WAYS:
                if (name, clip.name, way) in done:
                    continue
                found = followed(viewer, clip, prompts, way)
                scores = score(
                    clip.geometry.kind, found, truth, [p.object for p in prompts], prompts[0].frame
                )
                with options.out.open("a", encoding="utf-8") as file:
                    for metric, value in scores.items():
                        file.write(f"{name},{clip.name},{way},{metric},{value:.4f}\n")
    report(options.out)


def window_of(clip: Clip, viewer: Viewer) -> tuple[float, float]:
    """Of the whole case."""
    from segmem.ops.prepare import case_window

    return case_window(clip.frames, viewer.model.spec.intensity, clip.geometry.kind)


def report(path: Path) -> None:
    """Means by set, metric and way."""
    table: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            table[row["set"], row["metric"]][row["way"]].append(float(row["value"]))
    for (name, metric), ways in table.items():
        told = "  ".join(f"{way} {np.mean(values):.3f}" for way, values in ways.items())
        print(f"{name} {metric} (n={len(next(iter(ways.values())))}): {told}")


if __name__ == "__main__":
    main()
