"""Scans prompted alike by several models that stand on one encoder: what each makes of the same boxes.

    python benchmarks/volume_prompts.py RUN... --data ../shared/data --cache CACHE --out scores.csv
        [--protocols key carry every each] [--every 4] [--jitter 20]

Each RUN is a folder that `segmem train` filled; the cases that its settings hold out are measured, with the features
that training kept (--cache); held-out slices are encoded the first time. The first RUN is what the others are compared
with: give the control first.

    key      one tight box, on the slice that shows most of the object; followed both ways by memory
    carry    the same box; no memory, each next slice is prompted with the box of the mask before, 4 pixels wider
    every    a loose box on every so many-th slice that shows the object (--every, 4), the others by memory
    each     a loose box on every slice that shows it, no memory: what the encoder alone is worth

A loose box has each side moved outwards by 0 to --jitter pixels of an image of 1024, drawn by a hash of case, object
and slice, so it is the same for every model. Each object is followed for itself. Dice of the whole object, over all
slices, on the model's grid; differences are by patient, with intervals over patients. Resumable: rows in the CSV are
not done again.
"""

import argparse
import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from numpy.typing import NDArray

from segmem.core import Prompt
from segmem.data.cache import CachedCase
from segmem.data.prompts import PromptSettings, loosened, tight_box
from segmem.data.sample import generator
from segmem.data.store import Store
from segmem.methods.load import load
from segmem.metrics.comparison import paired
from segmem.predict.compute import Compute
from segmem.predict.stream import Viewer
from segmem.predict.sweep import Sweep
from segmem.prompted import PromptedSegmenter
from segmem.state import State
from segmem.train.case_features import features_by_frame
from segmem.train.claim import SETTINGS
from segmem.train.encoder_mark import encoder_mark
from segmem.train.log import say
from segmem.train.material import gather
from segmem.train.presets import load_settings

PROTOCOLS = ("key", "carry", "every", "each")
MARGIN = 4.0
LEAST = 16  # pixels of an object on its largest slice, from which on it is measured
HEAD = ("run", "set", "case", "patient", "object", "protocol", "dice")
Masks = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Scan:
    """One case before one model: its slices as they were kept, and how they are looked at."""

    viewer: Viewer
    frames: torch.Tensor
    labels: NDArray[np.uint8]
    name: str

    @classmethod
    def open(cls, model: PromptedSegmenter, case: CachedCase) -> "Scan":
        viewer = Viewer(model, Compute.choose())
        fit = case.fit(model.spec.fit)
        viewer.fit = replace(fit, size=fit.scaled)
        seen = features_by_frame(model, case)

        def at(index: int) -> object:
            with torch.inference_mode(), viewer.compute.autocast():
                return seen(index)

        viewer.slices = SimpleNamespace(at=at)  # type: ignore[assignment]
        return cls(viewer, torch.from_numpy(np.array(case.frames)), np.array(case.labels), case.name)

    def alone(self, prompt: Prompt) -> Masks:
        """(H, W) of one slice by its prompt."""
        at = prompt.frame
        state = State(frame=at)
        found, _ = self.viewer.look(self.frames[at], state, [prompt], recall=False, place=at)
        mask: Masks = self.viewer.unfit(found).logits[0, 1].float().numpy() > 0
        return mask

    def followed(self, prompts: list[Prompt]) -> Masks:
        """(T, H, W) from prompted slices both ways."""
        by_frame = {prompt.frame: [prompt] for prompt in prompts}
        sweep = Sweep(self.viewer, dict(enumerate(self.frames)).get, len(self.frames), by_frame)
        each = sweep.each(len(self.frames), "both")
        return np.stack([p.logits[0, 1].float().numpy() > 0 for p in each])

    def carried(self, prompt: Prompt) -> Masks:
        """(T, H, W) from slice to slice by the last mask's box."""
        masks = np.zeros(self.labels.shape, bool)
        masks[prompt.frame] = self.alone(prompt)
        for order in (range(prompt.frame + 1, len(masks)), range(prompt.frame - 1, -1, -1)):
            before = masks[prompt.frame]
            for t in order:
                if not before.any():
                    break
                before = masks[t] = self.alone(box(before, t, MARGIN))
        return masks


def box(mask: Masks, frame: int, margin: float = 0.0) -> Prompt:
    """The box around a mask, wider by a margin."""
    h, w = mask.shape
    x0, y0, x1, y1 = tight_box(torch.from_numpy(mask).float()).tolist()
    wider = (max(0.0, x0 - margin), max(0.0, y0 - margin), min(w, x1 + margin), min(h, y1 + margin))
    return Prompt(frame, 1, box=wider)


def loose(mask: Masks, frame: int, name: str, jitter: float) -> Prompt:
    """The same with each side moved outwards, as it is for every model."""
    shown = torch.from_numpy(mask).float()
    wish = PromptSettings(slack=0, jitter=jitter)
    moved = loosened(tight_box(shown), shown, wish, generator(0, name, frame, 0))
    return Prompt(frame, 1, box=tuple(moved.tolist()))  # type: ignore[arg-type]


def answered(scan: Scan, truth: Masks, protocol: str, name: str, options: argparse.Namespace) -> Masks:
    """What a protocol makes of an object (T, H, W)."""
    shown = np.flatnonzero(truth.any(axis=(1, 2))).tolist()
    key = int(truth.sum(axis=(1, 2)).argmax())
    if protocol == "key":
        return scan.followed([box(truth[key], key)])
    if protocol == "carry":
        return scan.carried(box(truth[key], key))
    boxes = [loose(truth[t], t, name, options.jitter) for t in shown]
    if protocol == "every":
        return scan.followed(boxes[:: options.every])
    masks = np.zeros(truth.shape, bool)
    for prompt in boxes:
        masks[prompt.frame] = scan.alone(prompt)
    return masks


def dice(found: Masks, truth: Masks) -> float:
    return float(2 * (found & truth).sum() / max(1, found.sum() + truth.sum()))


def cases(
    run: Path, model: PromptedSegmenter, options: argparse.Namespace
) -> Iterator[tuple[str, CachedCase]]:
    """Held-out cases of a run's settings, with the features that it learnt from."""
    settings = load_settings(run / SETTINGS)
    store = Store(options.cache or run / "cache")
    made = gather(settings, options.data, store, model, encoder_mark(settings, model), tell=say, tested=True)
    for name, held in made.tests.items():
        yield from ((name, case) for case in held)


def measure(run: Path, options: argparse.Namespace, done: set[tuple[str, ...]]) -> None:
    model = load(run)
    assert isinstance(model, PromptedSegmenter)
    with options.out.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        for name, case in cases(run, model, options):
            scan = Scan.open(Compute.choose().place(model), case)
            for one in np.unique(scan.labels)[1:].tolist():
                truth = scan.labels == one
                if truth.sum(axis=(1, 2)).max() < LEAST:
                    continue
                for protocol in options.protocols:
                    row = (run.name, name, case.name, case.group, str(one), protocol)
                    if row in done:
                        continue
                    say(f"{run.name}: {case.name}, object {one}, {protocol}")
                    found = answered(scan, truth, protocol, f"{case.name}/{one}", options)
                    writer.writerow((*row, f"{dice(found, truth):.5f}"))
                    file.flush()


def report(path: Path, runs: list[str]) -> None:
    """Means by set, object and protocol, and how far each run is from the first."""
    values: dict[tuple[str, str, str], dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    patients: dict[str, str] = {}
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            place = f"{row['case']}/{row['object']}"
            patients[place] = row["patient"]
            for one in (row["object"], "all"):
                values[row["set"], one, row["protocol"]][row["run"]][place] = float(row["dice"])
    for (name, one, protocol), by_run in sorted(values.items()):
        first = by_run.get(runs[0], {})
        told = []
        for run in runs:
            found = by_run.get(run, {})
            text = f"{run} {np.mean(list(found.values())):.3f}" if found else f"{run} -"
            if run != runs[0] and found.keys() == first.keys():
                apart = paired(first, found, patients)
                text += f" ({apart.difference:+.3f}, {apart.low:+.3f} to {apart.high:+.3f})"
            told.append(text)
        print(f"{name}, object {one}, {protocol} (n={len(first)}): {'; '.join(told)}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--protocols", nargs="+", default=PROTOCOLS, choices=PROTOCOLS)
    parser.add_argument("--every", type=int, default=4)
    parser.add_argument("--jitter", type=float, default=20.0)
    options = parser.parse_args()
    torch.manual_seed(0)
    done: set[tuple[str, ...]] = set()
    if options.out.exists():
        with options.out.open(encoding="utf-8") as file:
            done = {tuple(row[key] for key in HEAD[:-1]) for row in csv.DictReader(file)}
    else:
        options.out.write_text(",".join(HEAD) + "\n", encoding="utf-8")
    for run in options.runs:
        measure(run, options, done)
    report(options.out, [run.name for run in options.runs])


if __name__ == "__main__":
    main()
