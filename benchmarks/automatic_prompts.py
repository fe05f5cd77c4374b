"""What a promptable model makes of boxes that LAPG draws: Dice, surface Dice and distance on held-out scans.

    python benchmarks/automatic_prompts.py --lapg lapg-hippocampus --model runs/sam2-lite0-hippocampus \
        --preset sam2-lite0-hippocampus --data ../shared/data --out docs/results/hippocampus_prompted.csv

Boxes are of LAPG's coarse masks, of the largest piece of each class, on the slice where the class is surest (presence
times area) or on every slice where it is seen; or of the truth, on the slice where the class has most pixels. From
boxes on one slice the model follows all classes both ways; with boxes on every slice no memory is asked.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from scan_scores import Row, parted, scored, tell, truth_of, write
from segmem.core import Clip, Prompt
from segmem.io.volume import read_volume
from segmem.nn.key_slices import THERE
from segmem.ops.components import keep_pieces
from segmem.ops.fit import unfit
from segmem.ops.prepare import case_window
from segmem.ops.working_grid import OWN
from segmem.predict.compute import Compute
from segmem.predict.segment import case_predictions
from segmem.predict.stream import Viewer, ready
from segmem.predict.volume import encoded_scan
from segmem.state import Segmenter, State
from segmem.train.presets import load_settings
from segmem.volumetric import VolumeSegmenter

Loaded = tuple[Segmenter, Compute]
KINDS = ("automatic boxes", "automatic boxes on every slice", "true box on the key slice")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lapg", required=True, help="Draws the boxes.")
    parser.add_argument("--model", required=True, help="Is prompted with them.")
    parser.add_argument("--preset", required=True)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--tolerance", type=float, default=2.0, help="Of NSD, in mm.")
    parser.add_argument("--limit", type=int, help="Only so many scans.")
    options = parser.parse_args()
    settings = load_settings(options.preset)
    lapg, prompted = ready(options.lapg), ready(options.model)
    rows: list[Row] = []
    for case in parted(settings, options.data)[1][: options.limit]:
        scan = read_volume(case.files[0])
        maps, presence = coarse(lapg, scan)
        truth = truth_of(case, scan.geometry, settings)
        found = (
            followed(prompted, scan, key_boxes(maps, presence)),
            alone(prompted, scan, boxes(maps)),
            followed(prompted, scan, key_boxes(truth, np.ones((len(truth), int(truth.max()))))),
        )
        for kind, one in zip(KINDS, found, strict=True):
            rows += scored(kind, case, one, settings, options.tolerance)
    rows.sort(key=lambda row: KINDS.index(row.model))
    tell(rows, options.tolerance)
    write(rows, options.out)


def coarse(loaded: Loaded, scan: Clip) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Classes (T, H, W) by the coarse masks, where they are seen at all, and how surely (T, K - 1)."""
    viewer, model = Viewer(*loaded), loaded[0]
    assert isinstance(model, VolumeSegmenter), "--lapg takes a LAPG"
    assert model.spec.volume == OWN, (
        "boxes are drawn on the scan's own slices, on which this LAPG does not work"
    )
    viewer.window = case_window(scan.frames, model.spec.intensity, "volume")
    slices = encoded_scan(viewer, model, scan.frames)
    assert viewer.fit is not None
    presence = slices.presence.float().sigmoid().cpu()
    maps = unfit(slices.coarse[:, -1].float(), viewer.fit).argmax(dim=1).byte().cpu()
    seen = torch.cat([torch.ones(len(presence), 1), presence], dim=1) > THERE
    maps[~seen[torch.arange(len(maps))[:, None, None], maps.long()]] = 0
    return keep_pieces(maps, 1.0, only_largest=True)[0].numpy(), presence.double().numpy()


def key_boxes(maps: NDArray[np.uint8], sure: NDArray[np.float64]) -> list[Prompt]:
    """For each class that is there, its box on the slice where `sure` (T, K - 1) times its area is largest."""
    chosen = []
    for value in np.unique(maps[maps > 0]).tolist():
        area = (maps == value).sum(axis=(1, 2))
        key = int((area * sure[:, value - 1]).argmax())
        chosen.append(Prompt(key, value, box=box(maps[key] == value)))
    return chosen


def boxes(maps: NDArray[np.uint8]) -> list[Prompt]:
    """Of each class on each slice."""
    return [
        Prompt(t, value, box=box(one == value))
        for t, one in enumerate(maps)
        for value in np.unique(one[one > 0]).tolist()
    ]


def box(mask: NDArray[np.bool_]) -> tuple[float, float, float, float]:
    """(x0, y0, x1, y1) around a mask (H, W), to the outer edges of its pixels."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)


def followed(loaded: Loaded, scan: Clip, prompts: list[Prompt]) -> NDArray[np.uint8]:
    """The label map (T, H, W) of objects that are prompted and followed both ways, as `segmem predict` does."""
    if not prompts:
        return nothing(scan)
    viewer = Viewer(*loaded)
    each = case_predictions(viewer, scan, viewer.checked(prompts, scan))
    return torch.stack([one.labels[0].cpu() for one in each]).numpy()


def alone(loaded: Loaded, scan: Clip, prompts: list[Prompt]) -> NDArray[np.uint8]:
    """The label map (T, H, W) of objects on the slices that they are prompted on, each slice by itself."""
    viewer, maps = Viewer(*loaded), nothing(scan)
    viewer.open_scan(scan.frames)
    for t, said in viewer.checked(prompts, scan).items():
        state = State.start(scan.length)
        prediction, _ = viewer.look(scan.frames[t], state, said, recall=False, memorise=False, place=t)
        maps[t] = viewer.unfit(prediction).labels[0].cpu().numpy()
    return maps


def nothing(scan: Clip) -> NDArray[np.uint8]:
    """All background."""
    return np.zeros((scan.length, *scan.geometry.size), np.uint8)


if __name__ == "__main__":
    main()
