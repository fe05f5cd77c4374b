"""Weights between LiteMedSAM as published and a run's: Dice of the seven-modality stream's held-out images.

    python benchmarks/continual/between.py RUN --data ../shared/data --cache CACHE [--shares 0 0.25 0.5 0.75 1]

Share 0 is the published network, 1 the run's. RUN is a folder that benchmarks/continual/seven.yaml filled.
"""

import argparse
from pathlib import Path

import torch

from segmem.continual.companion import measure_task
from segmem.continual.plan import load_stream, run_settings
from segmem.continual.scores import mean_of
from segmem.data.store import Store
from segmem.methods.load import load
from segmem.methods.trained_base import base_of
from segmem.nn.litemedsam import published
from segmem.prompted import PromptedSegmenter
from segmem.train.encoder_mark import encoder_mark
from segmem.train.material import gather

STREAM = Path(__file__).with_name("seven.yaml")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--cache", required=True, type=Path)
    parser.add_argument("--shares", nargs="+", type=float, default=[0, 0.25, 0.5, 0.75, 1])
    options = parser.parse_args()
    stream = load_stream(STREAM, ["strategy=joint"])
    settings = run_settings(stream)
    model = load(options.run)
    assert isinstance(model, PromptedSegmenter)
    store = Store(options.cache)
    tests = gather(settings, options.data, store, model, encoder_mark(settings, model), tested=True).tests
    base, before = base_of(model), published().state_dict()
    assert base is not None
    after = {name: value.clone() for name, value in base.state_dict().items()}
    for share in options.shares:
        between = {
            name: torch.lerp(before[name], value, share) if value.is_floating_point() else value
            for name, value in after.items()
        }
        base.load_state_dict(between)
        told = (
            f"{task.name} {mean_of(measure_task(model, tests[task.name], task)):.3f}" for task in stream.tasks
        )
        print(f"{share}: {', '.join(told)}", flush=True)


if __name__ == "__main__":
    main()
