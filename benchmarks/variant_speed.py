"""What a frame costs with the memory of TMAM's released code and with ours: same network, machine and precision.

    python benchmarks/variant_speed.py --network DeepLabV3Plus:tu-resnet101:-1 --size 1024 --out variant_speed.json

Random weights; speed does not depend on them. The bank is full before the first frame that is timed, and the variants
take turns. `segmem` has the memory of the preset `tmam`: class evidence, and a gate on cells that sees the network's
first map. A third row is the 2D network alone. `segmem` remembers every third frame, so frames are timed in threes.
"""

import argparse
import json
import platform
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter

import torch

from segmem.methods.spec import ModelSpec
from segmem.methods.tmam import TmamSettings, build
from segmem.nn.network_settings import NetworkSettings
from segmem.segmenter import MemorySegmenter
from segmem.state import State
from segmem.train.presets import load_settings

ROUND = 3  # frames timed together
SETTINGS = {
    "released": TmamSettings(variant="released"),
    "segmem": load_settings("tmam").model.tmam,
}


def full_state(model: MemorySegmenter, frame: torch.Tensor) -> State:
    """A state whose bank is full, as after a long stream."""
    _, state = model.step(frame, State.start())
    bank = state.memory
    assert bank is not None
    slots, stride = model.policy.capacity, model.policy.stride
    last = 100 * stride
    many = {
        "tokens": bank.tokens[:, :1].expand(-1, slots, -1, -1).clone(),
        "key": bank.key[:, :1].expand(-1, slots, -1).clone(),
        "score": bank.score[:, :1].expand(-1, slots).clone(),
        "frame": torch.arange(last - slots * stride, last, stride)[None],
        "pinned": torch.zeros(1, slots, dtype=torch.bool),
    }
    return replace(state, frame=last, memory=replace(bank, **many))


@torch.inference_mode()
def timed(
    model: MemorySegmenter, frame: torch.Tensor, state: State, recall: bool, frames: int = ROUND
) -> tuple[float, State]:
    """Seconds a frame, and the state after them."""
    begun = perf_counter()
    for _ in range(frames):
        _, state = model.step(frame, state, recall=recall)
    if frame.is_cuda:
        torch.cuda.synchronize()  # a kernel that is only queued has cost nothing yet
    return (perf_counter() - begun) / frames, state


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--network", required=True, metavar="ARCHITECTURE:ENCODER:FEATURE")
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    architecture, encoder, feature = options.network.split(":")
    network = NetworkSettings(architecture=architecture, encoder=encoder, feature=int(feature))
    frame = torch.randn(1, 3, options.size, options.size, device=options.device)
    frame = frame.contiguous(memory_format=torch.channels_last)
    names = tuple(f"class {one}" for one in range(10))
    models, states = {}, {}
    with torch.autocast(options.device, torch.bfloat16, enabled=options.precision == "bfloat16"):
        for variant, settings in SETTINGS.items():
            model = build(network, settings, ModelSpec(classes=names, network=network, tmam=settings)).eval()
            models[variant] = model.to(options.device, memory_format=torch.channels_last)
            states[variant] = full_state(model, frame)
        times: dict[str, list[float]] = {"alone": [], **{name: [] for name in models}}
        for _ in range(options.repeats):
            for variant, model in models.items():
                seconds, states[variant] = timed(model, frame, states[variant], recall=True)
                times[variant].append(seconds)
            times["alone"].append(timed(models["segmem"], frame, State.start(), recall=False)[0])
    result = {name: median(seconds) for name, seconds in times.items()}
    told = {
        "network": options.network,
        "size": options.size,
        "precision": options.precision,
        "threads": torch.get_num_threads(),
        "machine": platform.machine(),
        "device": options.device,
        "seconds_a_frame": result,
        "released_over_segmem": result["released"] / result["segmem"],
        "all": times,
    }
    options.out.write_text(json.dumps(told, indent=2) + "\n")
    print(json.dumps(told))


if __name__ == "__main__":
    main()
