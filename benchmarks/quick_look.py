"""A quick look at TMAM runs on a labelled video, at the model's own size: seconds a subset in place of minutes.

    python benchmarks/quick_look.py --case data/dataset3 --map 3:1 4:2 --model star=runs/star --model tmam=runs/tmam \
        --out docs/results/quick_look.csv

`--case drawn:SEED` takes a generated clip in place of a folder.

Frames and labels are brought to the model's size once; all frames are encoded in batches, then the stream is run with
memory and without. A line for each model, memory and subset (`clear`, and those of hard_subsets.py): Dice, temporal
consistency along DIS flow at that size, and the truth's own; of a hard subset, of its hard frames and the pairs that
they are in. Numbers are near cross_video.py's and hard_video.py's, which measure at the video's size, and not the same.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import get_args

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from cross_video import Cell, append
from hard_subsets import SUBSETS, hard_clip
from merging import add_map, merged
from segmem.core import Features
from segmem.data.synthetic import make_clip
from segmem.data.video_masks import cases
from segmem.methods.load import load
from segmem.metrics.dis import Dis
from segmem.metrics.flow import BackwardFlow, backward_flows
from segmem.metrics.overlap import dice_by_frame
from segmem.metrics.summary import mean_of_classes
from segmem.metrics.temporal import temporal_consistency
from segmem.ops.fit import Fit, plan, resize
from segmem.predict.compute import Compute
from segmem.predict.request import Device
from segmem.segmenter import MemorySegmenter
from segmem.state import State

BATCH = 8


@dataclass(frozen=True, slots=True)
class Subset:
    """One version of the video at the model's size.

    Attributes:
        frames: (T, 3, *fit.scaled) uint8, as the network sees them.
        truth: (T, *fit.scaled) uint8.
        flows: from each frame to the one before.
        scored: (T,) which frames count.
    """

    frames: Tensor
    truth: NDArray[np.uint8]
    flows: list[BackwardFlow]
    scored: NDArray[np.bool_]


def drawn(seed: int, count: int) -> tuple[Tensor, NDArray[np.uint8]]:
    """Frames and labels of a generated clip in which nothing is spoilt."""
    clip = make_clip(seed, count or 60, (256, 320), hard_share=0.0)
    return clip.frames, clip.labels.numpy()


def read(folder: Path, merge: dict[int, int], limit: int) -> tuple[Tensor, NDArray[np.uint8]]:
    """Frames (T, 3, H, W) and labels (T, H, W) of a video with a mask on every frame; of `drawn:SEED` a generated
    clip's."""
    if folder.name.startswith("drawn:"):
        return drawn(int(folder.name.removeprefix("drawn:")), limit)
    pairs = list(islice(cases(folder, None)[0].read(), limit or None))
    truth = [label for _, label in pairs if label is not None]
    if len(truth) < len(pairs):
        raise SystemExit(f"{folder}: only {len(truth)} of {len(pairs)} frames have a mask.")
    table = np.array([merge.get(value, value) for value in range(256)], np.uint8)
    return torch.stack([frame for frame, _ in pairs]), table[torch.stack(truth).numpy()]


def at_size(frames: Tensor, how: Fit) -> Tensor:
    """(T, 3, *how.scaled) uint8."""
    return torch.cat([resize(some, how.scaled, "image") for some in frames.split(BATCH)])


def labels_at_size(truth: NDArray[np.uint8], how: Fit) -> NDArray[np.uint8]:
    """(T, *how.scaled)."""
    return resize(torch.from_numpy(truth)[:, None], how.scaled, "labels")[:, 0].numpy().astype(np.uint8)


def subsets(frames: Tensor, truth: NDArray[np.uint8], how: Fit) -> dict[str, Subset]:
    """All of them."""
    small, labels = at_size(frames, how), labels_at_size(truth, how)
    flows = list(backward_flows(small, Dis()))
    found = {"clear": Subset(small, labels, flows, np.ones(len(small), np.bool_))}
    for name in SUBSETS:
        clip = hard_clip(name, frames, truth)
        still = clip.clear is frames
        moved = flows if still else list(backward_flows(at_size(clip.clear, how), Dis()))
        found[name] = Subset(at_size(clip.frames, how), labels_at_size(clip.truth, how), moved, clip.scored)
    return found


@torch.inference_mode()
def encoded(model: MemorySegmenter, frames: Tensor, how: Fit, compute: Compute) -> list[Features]:
    """The features of each frame, encoded in batches."""
    out = []
    for some in frames.split(BATCH):
        same = Fit(how.scaled, how.scaled, how.grid)
        with compute.autocast():
            ready = model.prepare(some.to(compute.device), same, (0.0, 255.0))
            found = model.encode(ready.contiguous(memory_format=torch.channels_last))
        for place in range(len(some)):
            cut = slice(place, place + 1)
            picture = None if found.picture is None else found.picture[cut]
            out.append(Features(found.top[cut], tuple(skip[cut] for skip in found.skips), picture))
    return out


@torch.inference_mode()
def walked(
    model: MemorySegmenter, features: list[Features], how: Fit, recall: bool, compute: Compute
) -> NDArray[np.uint8]:
    """Label maps (T, *how.scaled) of the stream."""
    state, maps = State.start(), []
    for one in features:
        with compute.autocast():
            prediction, state = model.step(one, state, recall=recall)
        maps.append(prediction.labels[0, : how.scaled[0], : how.scaled[1]].cpu())
    return torch.stack(maps).numpy().astype(np.uint8)


def near(flows: list[BackwardFlow], scored: NDArray[np.bool_]) -> Iterator[BackwardFlow]:
    """The flows of pairs in which a frame counts; the others are valid nowhere."""
    for flow, use in zip(flows, scored[1:] | scored[:-1], strict=True):
        yield BackwardFlow(flow.step, flow.valid & bool(use))


def kept(folder: Path, pictures: NDArray[np.uint8]) -> None:
    """Pictures (T, H, W) or (T, H, W, 3), named by frame number, as `segmem sidebyside` takes them."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"{index:05d}.png")


def asking(text: str | None) -> argparse.ArgumentParser:
    """A parser for models on a labelled video."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="append", required=True, metavar="NAME=WEIGHTS")
    parser.add_argument("--case", required=True, type=Path, metavar="FOLDER")
    add_map(parser)
    parser.add_argument("--frames", type=int, default=0, help="of the video; 0 is all")
    parser.add_argument("--threads", type=int, default=1)
    parser.set_defaults(device="cpu")
    return parser


def asked(
    parser: argparse.ArgumentParser, arguments: Sequence[str] | None = None
) -> tuple[argparse.Namespace, Compute, Tensor, NDArray[np.uint8]]:
    """What such a parser was told, where models run, and the video as `read` gives it; sets the threads."""
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    frames, truth = read(options.case, merged(options.map), options.frames)
    return options, Compute.choose(options.device), frames, truth


def opened(
    models: Sequence[str], frames: Tensor, compute: Compute
) -> Iterator[tuple[str, MemorySegmenter, Fit]]:
    """The models of NAME=WEIGHTS pairs, with how each takes these frames."""
    for name, path in (pair.split("=", 1) for pair in models):
        model = compute.place(load(path))
        if not isinstance(model, MemorySegmenter):
            raise SystemExit(f"{name} takes prompts; first_frame.py measures those.")
        yield name, model, plan((frames.shape[-2], frames.shape[-1]), model.spec.fit)


def main(arguments: Sequence[str]) -> None:
    parser = asking(__doc__)
    parser.add_argument("--device", choices=get_args(Device))
    parser.add_argument(
        "--maps", type=Path, metavar="FOLDER", help="keep frames and label maps, to be looked at"
    )
    parser.add_argument("--out", type=Path, default=Path("quick_look.csv"))
    options, compute, frames, truth = asked(parser, arguments)
    made: dict[Fit, dict[str, Subset]] = {}
    for name, model, how in opened(options.model, frames, compute):
        if how not in made:
            made[how] = subsets(frames, truth, how)
        count = len(model.spec.classes)
        for subset, seen in made[how].items():
            features = encoded(model, seen.frames, how, compute)
            keep = None if options.maps is None else options.maps / options.case.name / subset
            if keep is not None:
                kept(keep / "frames", seen.frames.permute(0, 2, 3, 1).numpy())
                kept(keep / "truth", seen.truth)
            for memory in ("own", "none"):
                maps = walked(model, features, how, memory == "own", compute)
                if keep is not None:
                    kept(keep / f"{name}, memory {'on' if memory == 'own' else 'off'}", maps)
                scores = dice_by_frame(maps[seen.scored], seen.truth[seen.scored], count)
                row: dict[str, Cell] = {"model": name, "memory": memory, "video": options.case.name}
                row |= {"subset": subset, "frames": int(seen.scored.sum())}
                row["dice"] = mean_of_classes(scores).mean
                for key, labels in (("tc", maps), ("tc_truth", seen.truth)):
                    row[key] = temporal_consistency(labels, near(seen.flows, seen.scored), count, "DIS").mean
                append(options.out, row)


if __name__ == "__main__":
    main(sys.argv[1:])
