"""Dice, surface Dice and distance of a model on labelled scans it was not trained on, with memory and without.

    python benchmarks/scans.py --model lapg-hippocampus --preset lapg-hippocampus --data ../shared/data \
        --out docs/results/hippocampus.csv

The cases are those that the preset holds out, or the validation part of its own split. Each is segmented as
`segmem predict` does and scored on the scan's own grid; without memory a model of two stages answers with the first.
Of a model that draws coarse masks before it decodes, those are scored too, what it answers when no key slices are
pinned, so that slices read the latest ones alone, and what without memory when the gate that lets prompts in is shut.
`--only` scores some of these.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from scan_scores import Row, parted, scored, tell, write
from segmem.core import Prediction
from segmem.io.volume import read_volume
from segmem.nn.lapg_network import Prepared
from segmem.ops.components import keep_pieces
from segmem.predict.segment import grid_of, turned_predictions
from segmem.predict.stream import Viewer, ready
from segmem.train.presets import load_settings
from segmem.volumetric import VolumeSegmenter

MODES = {
    "own": "with memory",
    "unpinned": "without support memory",
    "none": "without memory",
    "shut": "without memory and prompts",
    "coarse": "coarse masks alone",
}


def answer_coarsely(model: VolumeSegmenter) -> None:
    """Let its answer be the prompt generator's coarse masks."""
    decode = model.decode

    def coarse(prepared: Prepared, top: Tensor) -> Prediction:
        return replace(decode(prepared, top), logits=prepared.coarse[:, -1].float())

    setattr(model, "decode", coarse)  # noqa: B010  a method, which mypy lets nobody assign


def draws(model: VolumeSegmenter) -> bool:
    """Whether there are coarse masks."""
    return model.network.settings.generator.form != "released"


def change(model: VolumeSegmenter, mode: str) -> None:
    """Take away what `mode` does without."""
    if mode == "coarse":
        answer_coarsely(model)
    elif mode == "unpinned":
        model.keys = 0
    else:
        with torch.no_grad():
            model.network.gate.zero_()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", required=True)
    parser.add_argument("--preset", required=True)
    parser.add_argument("--config", type=Path, help="Settings over the preset's.")
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--tolerance", type=float, default=2.0, help="Of NSD, in mm.")
    parser.add_argument("--only", nargs="+", choices=tuple(MODES), help="All of them, if nothing is said.")
    parser.add_argument("--keep-largest", action="store_true", help="Of each class, only its largest piece.")
    options = parser.parse_args()
    settings = load_settings(options.preset, options.config)
    rows: list[Row] = []
    for mode in options.only or MODES:
        loaded = ready(options.model)
        model = loaded[0]
        if mode not in ("own", "none"):
            if not isinstance(model, VolumeSegmenter) or (mode == "coarse" and not draws(model)):
                continue
            change(model, mode)
        for case in parted(settings, options.data)[1]:
            viewer = Viewer(*loaded, memory=mode in ("own", "unpinned"))
            scan = read_volume(case.files[0])
            grid = grid_of(viewer, scan)
            turned = turned_predictions(viewer, scan, grid, viewer.checked((), scan))
            found = grid.whole([one.labels[0] for one in turned])
            if options.keep_largest:
                found = keep_pieces(found, 1.0, only_largest=True)[0]
            rows += scored(MODES[mode], case, found.numpy(), settings, options.tolerance)
    tell(rows, options.tolerance)
    write(rows, options.out)


if __name__ == "__main__":
    main()
