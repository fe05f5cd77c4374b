"""What cutting the clips of a step costs beside the step itself, on the shipped presets; bar: a tenth.

    python benchmarks/loader_share.py --data ../shared/data --out loader_share.json [--steps 5]

Seconds are processor time of one thread, medians over steps. `share` is of a stage; `whole` weighs the stages by their
steps. In a run the clips are cut by another thread meanwhile (`loaders: 1`), so the step waits for none of it where
there are two cores. LiteMedSAM's memory learns from a few cases only, since all would be encoded first.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch

from segmem.data.store import Store
from segmem.methods.build import build
from segmem.train import norms
from segmem.train.course import make_course
from segmem.train.machine import make_fabric
from segmem.train.material import gather
from segmem.train.presets import load_settings

PRESETS = {
    "tmam-endovis15": ("data.synthetic.count=4",),
    "tmam-hippocampus": (),
    "litemedsam-memory": (
        "data.sources=[{path: mr_hippocampus, limit: 1, every: 4}, {path: endo_kvasir, limit: 2}]",
        "data.validation=[]",
    ),
}
T = TypeVar("T")


def timed(call: Callable[[], T]) -> tuple[T, float]:
    before = time.thread_time()
    made = call()
    return made, time.thread_time() - before


def shares(preset: str, data: Path, cache: Path, steps: int) -> dict[str, Any]:
    settings = load_settings(preset, None, PRESETS[preset])
    fabric = make_fabric(settings)
    torch.manual_seed(0)
    model = build(settings.model, None).to(memory_format=torch.channels_last)
    material = gather(settings, data, Store(cache), model, settings.model.method)
    found, loading, learning = {}, 0.0, 0.0
    for stage in settings.stages:
        course = make_course(fabric, settings, stage, material, model)
        norms.set_training(course.objective, course.frozen)
        taken = []
        for step in range(steps + 1):
            batch, draw = timed(lambda course=course, step=step: course.draw(step))  # type: ignore[misc]
            _, learn = timed(lambda course=course, batch=batch: course._step(batch))  # type: ignore[misc]
            taken.append((draw, learn))
        draw, learn = np.median(np.array(taken[1:]), axis=0)
        loading, learning = loading + draw * stage.steps, learning + learn * stage.steps
        found[stage.name] = {
            "clips_s": round(draw, 4),
            "step_s": round(learn, 4),
            "share": round(draw / learn, 4),
        }
        print(f"  {preset:20} {stage.name:8} {json.dumps(found[stage.name])}", flush=True)
    return {"stages": found, "whole": round(loading / learning, 4)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--presets", nargs="+", default=list(PRESETS))
    options = parser.parse_args()
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for preset in options.presets:
            found[preset] = shares(preset, options.data, Path(folder), options.steps)
            print(f"  {preset:20} whole    {found[preset]['whole']}")
    if options.out:
        options.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
