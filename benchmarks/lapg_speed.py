"""Seconds of CPU time of a scan in two stages: by the number of slices, of classes, and by part.

    python benchmarks/lapg_speed.py --size 96 72 --slices 9 18 36 72 --classes 2 8

Random weights; presence is set so that key slices are found. Each line is the least of the repeats.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace

import torch

from segmem.methods.lapg import LapgSettings, build
from segmem.methods.spec import ModelSpec
from segmem.nn.lapg_network import Prepared
from segmem.nn.lapg_settings import ContextSettings, LapgNetworkSettings
from segmem.two_stages import encode_slices, first_stage, second_stage
from segmem.volumetric import VolumeSegmenter


def model_of(classes: int) -> VolumeSegmenter:
    """A model with fresh weights, of `classes` in the foreground."""
    names = ("background", *(f"class {one}" for one in range(1, classes + 1)))
    settings = LapgSettings(network=LapgNetworkSettings(context=ContextSettings(adjacent=True)))
    spec = ModelSpec(name="speed", method="lapg", input="volume", classes=names, lapg=settings)
    return build(settings, spec).eval().to(memory_format=torch.channels_last)


def seconds(work: Callable[[], object], repeats: int) -> float:
    """The least CPU time of `work`."""
    found = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return min(found)


def seen(slices: Prepared) -> Prepared:
    """With every class on every slice."""
    return replace(slices, presence=torch.full_like(slices.presence, 9.0))


@torch.inference_mode()
def parts(model: VolumeSegmenter, frames: torch.Tensor, repeats: int) -> tuple[float, float, float]:
    """Seconds of encoding, of the first stage's masks and of the second stage."""

    def encode() -> Prepared:
        return encode_slices(model, lambda a, b: frames[a:b], len(frames))

    slices = seen(encode())
    return (
        seconds(encode, repeats),
        seconds(lambda: first_stage(model, slices), repeats),
        seconds(lambda: second_stage(model, slices), repeats),
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", nargs=2, type=int, default=(96, 72))
    parser.add_argument("--slices", nargs="+", type=int, default=(9, 18, 36, 72))
    parser.add_argument("--classes", nargs="+", type=int, default=(2, 8))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print("classes slices encode first second both_ms_a_slice")
    for classes in options.classes:
        model = model_of(classes)
        for count in options.slices:
            frames = torch.randn(count, 3, *options.size)
            encode, first, second = parts(model, frames, options.repeats)
            each = 1000 * (encode + second) / count
            print(f"{classes:7} {count:6} {encode:6.3f} {first:5.3f} {second:6.3f} {each:15.1f}", flush=True)


if __name__ == "__main__":
    main()
