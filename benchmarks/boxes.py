"""Dice of LiteMedSAM when the truth's own box is given, one for each class of each image.

    python benchmarks/boxes.py --data ../shared/data --out docs/results/litemedsam-boxes.csv

The box is that of all pixels of a class (both lungs in one), in whole pixels of the image, its far side on the last of
them. An image is resized to 256 pixels on its longer side, brought to 0..1 by its own least and greatest value, and
padded; the mask's logits are resized back, cut at 0 and scored on the image's own grid. Classes that an image does not
show are left out. Each image's lines are written when it is done; a second run goes on where the first one stopped.
The encoder's precision is float32, or bfloat16 on request.
"""

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from segmem.data.cases import LabelledCase
from segmem.data.layouts import find_labelled
from segmem.metrics.overlap import dice
from segmem.nn.litemedsam import FIT, INTENSITY, LiteMedSam, published
from segmem.ops.fit import plan, unfit
from segmem.ops.prepare import case_window, prepare

SETS = {  # folder: classes, and the mean Dice to reach
    "endo_kvasir": (("polyp",), 0.90),
    "busi": (("lesion",), 0.90),
    "derm_ph2": (("lesion",), 0.90),
    "lap_endovis15_rigid": (("shaft", "tip"), 0.80),
    "cxr_lung": (("lungs",), 0.93),
}
HEAD = ("set", "case", "class", "dice", "area")


def box_of(mask: Tensor) -> tuple[float, float, float, float]:
    """x0, y0, x1, y1 of the pixels that are set, the last ones included."""
    y, x = mask.nonzero().T
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


@torch.inference_mode()
def segment(model: LiteMedSam, frame: Tensor, boxes: list[tuple[float, float, float, float]]) -> Tensor:
    """Masks (K, H, W) bool of an image (C, H, W) and K boxes in its pixels."""
    fit = plan((frame.shape[-2], frame.shape[-1]), FIT)
    top = model.encode(prepare(frame[None], fit, case_window(frame[None], INTENSITY, "image"), INTENSITY)).top
    scale = torch.tensor([fit.scaled[1] / fit.size[1], fit.scaled[0] / fit.size[0]])
    corners = torch.tensor(boxes).reshape(-1, 2, 2) * scale
    labels = torch.tensor([2.0, 3.0]).expand(len(boxes), 2)[..., None]
    points = torch.cat([corners, labels], dim=-1)
    logits = model.decode(top.expand(len(boxes), -1, -1, -1), points=points).logits
    return unfit(logits, fit)[:, 0] > 0


def score(
    model: LiteMedSam, case: LabelledCase, classes: tuple[str, ...]
) -> Iterator[tuple[str, float, float]]:
    """(class, Dice, share of the image) of each class that the image shows."""
    frame, label = next(iter(case.read()))
    assert label is not None
    shown = [index for index in range(1, len(classes) + 1) if bool((label == index).any())]
    if not shown:
        return
    masks = segment(model, frame, [box_of(label == index) for index in shown])
    for index, mask in zip(shown, masks, strict=True):
        truth = label == index
        yield classes[index - 1], float(dice(mask.long(), truth.long(), 2)[1]), float(truth.float().mean())


def table(rows: list[dict[str, str]]) -> str:
    """Markdown: a row for each set and class, then the set's mean over images and classes."""
    lines = [
        "| set | class | boxes | mean Dice | median | worst | to reach |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, (classes, goal) in SETS.items():
        own = [row for row in rows if row["set"] == name]
        groups = {one: [float(row["dice"]) for row in own if row["class"] == one] for one in classes}
        if len(classes) > 1:
            groups["both"] = [float(row["dice"]) for row in own]
        for one, values in groups.items():
            if values:
                told = f"{np.mean(values):.3f} | {np.median(values):.3f} | {min(values):.3f}"
                lines.append(f"| {name} | {one} | {len(values)} | {told} | {goal:.2f} |")
    return "\n".join(lines)


def read(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--weights", type=Path, help="lite_medsam.pth; else that of the extra [litemedsam]")
    parser.add_argument("--sets", nargs="*", choices=SETS, default=list(SETS))
    parser.add_argument("--bf16", action="store_true", help="the network under bfloat16 autocast")
    options = parser.parse_args()
    model = published(options.weights)
    done = {(row["set"], row["case"]) for row in read(options.out)}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with (
        options.out.open("a", newline="") as file,
        torch.autocast("cpu", torch.bfloat16, enabled=options.bf16),
    ):
        writer = csv.writer(file)
        if not done:
            writer.writerow(HEAD)
        for name in options.sets:
            for case in find_labelled(options.data / name, "image_masks"):
                if (name, case.name) in done:
                    continue
                found = list(score(model, case, SETS[name][0]))
                writer.writerows((name, case.name, one, f"{d:.5f}", f"{a:.5f}") for one, d, a in found)
                file.flush()
    print(table(read(options.out)))


if __name__ == "__main__":
    main()
