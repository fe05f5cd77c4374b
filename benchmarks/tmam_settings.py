"""What each of TMAM's settings gains and costs: the same 2D network, its memory trained once for each row.

    python benchmarks/tmam_settings.py --network runs/star --data DATA --exclude dataset3 \
        --case DATA/video_endovis15_robotic/dataset3 --map 3:1 4:2 --work runs/rows --out tmam_settings.csv \
        [--rows default "pool 1"] [--pretrained runs/memory]

A row is segmem.yaml with the changes that `ROWS` names. The gate does not look at memory, so it is that of the
default's run, which is made first, but in rows that change it or what it looks at. A row whose weights lie in --work is
not trained again, one cut off goes on. The rows in `PRETRAINED` begin with the memory of a run of the preset `memory`,
--pretrained, or for the paper's form --pretrained-paper (that preset with `--set 'model.tmam={variant: paper, grid:
16}' --set stages.1.gate_learning_rate=null`, as the paper has no gate), and are left out where it is not given. The
first --frames of the case are then measured by quick_look.py, and all rows are timed in turns at --size pixels, which
costs the same on any weights: `--time-only` does just that.
"""

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import torch

import quick_look
from merging import add_map
from segmem.io.tensors import read_tensors
from segmem.methods.begin import fill_memory
from segmem.methods.build import build
from segmem.methods.load import find_weights, load, save
from segmem.segmenter import MemorySegmenter
from segmem.state import State
from segmem.train.loop import train
from segmem.train.presets import load_settings
from segmem.train.settings import TrainSettings
from variant_speed import full_state, timed

HERE = Path(__file__).parent / "tmam"
TAKES_ALL = ("stages.1.train=all", "stages.1.learning_rate=0.0001", "stages.1.memory_learning_rate=0.003")
FREE = ("model.tmam.pool=4", "model.tmam.attention.layers=1", "model.tmam.evidence.fade=1")
PAPER = "model.tmam={variant: paper, grid: 16}"  # at its 64 x 64 a step takes minutes on a CPU
NOW = (*FREE, "model.tmam.evidence.follow=true")  # what `segmem` takes where nothing is said
ROWS: dict[str, tuple[str, ...]] = {
    "default": (),
    # What memory costs.
    "pool 1": ("model.tmam.pool=1",),
    "pool 4": ("model.tmam.pool=4",),
    "6 frames, every one": ("model.tmam.policy.stride=1",),
    "10 frames, every one": ("model.tmam.policy.stride=1", "model.tmam.policy.capacity=10"),
    "6 frames, every sixth": ("model.tmam.policy.stride=6",),
    "3 frames, every third": ("model.tmam.policy.capacity=3",),
    "one layer": ("model.tmam.attention.layers=1",),
    "64 wide": ("model.tmam.attention.width=64", "model.tmam.attention.ffn=256"),
    "stride 32": ("model.network.feature=-1",),
    "free together": FREE,
    "now": NOW,
    "now, pretrained": NOW,
    # What segmem adds to the paper.
    "no class evidence": ("model.tmam.evidence=null",),
    "gate by frame": ("model.tmam.gate_by=frame",),
    "gate sees early": (*NOW, "model.tmam.gate_sees=early"),
    "no recency code": ("model.tmam.recency=false",),
    "no straight start": ("model.tmam.straight=false",),
    "classes apart": ("model.tmam.classes=apart",),
    # What the paper or its released code does in another way.
    "mask coarse": ("model.tmam.mask=coarse",),
    "mask values sigmoid": ("model.tmam.mask_values=sigmoid",),
    "first frame twice": ("model.tmam.policy.first_twice=true",),
    "channels in groups": ("model.tmam.channels=groups", "model.tmam.attention.width=256"),
    "replace": ("model.tmam.combine=replace", *TAKES_ALL),
    "paper, grid 16": (PAPER, *TAKES_ALL),
    "paper, grid 16, pretrained": (PAPER, *TAKES_ALL),
}
OWN_GATE = ("default", "stride 32", "gate by frame", "gate sees early")
PRETRAINED = {"now, pretrained": "pretrained", "paper, grid 16, pretrained": "pretrained_paper"}
SHARED = ("network.", "memory.gate.")
FRAMES = 6  # timed together, so that every stride's update is among them


def settings_of(row: str, options: argparse.Namespace) -> TrainSettings:
    """Of one row, with all its stages."""
    return load_settings(
        HERE / "base.yaml",
        HERE / "segmem.yaml",
        [
            f"network_from={options.network}",
            f"data.exclude=[{options.exclude}]",
            f"seed={options.seed}",
            *ROWS[row],
        ],
    )


def trained(row: str, options: argparse.Namespace) -> Path:
    """Its weights."""
    run: Path = options.work / row.replace(" ", "_").replace(",", "")
    weights = run / "model.safetensors"
    if weights.is_file():
        return weights
    settings = settings_of(row, options)
    if row not in OWN_GATE:
        begin = run.with_name(f"{run.name}_begin.safetensors")
        write_begin(settings, trained("default", options), pretrained_for(row, options), begin)
        stages = tuple(one for one in settings.stages if one.train != "gate")
        settings = settings.model_copy(
            update={"network_from": None, "begin_from": str(begin), "stages": stages}
        )
    again = (run / "settings.yaml").is_file()
    return train(settings, options.data, run, resume=again, cache=options.cache)


def pretrained_for(row: str, options: argparse.Namespace) -> Path | None:
    """The run whose memory a row begins with."""
    return getattr(options, PRETRAINED[row]) if row in PRETRAINED else None


def write_begin(settings: TrainSettings, taught: Path, pretrained: Path | None, path: Path) -> None:
    """A model whose memory knows nothing yet, or what a pretrained one does, with the 2D network and, if it has one,
    the gate of another."""
    torch.manual_seed(settings.seed)
    model = build(settings.model)
    own, known = model.state_dict(), read_tensors(taught)
    model.load_state_dict(
        {name: known.get(name, mine) if name.startswith(SHARED) else mine for name, mine in own.items()}
    )
    if pretrained is not None:
        print(f"From {pretrained}: {', '.join(fill_memory(model, find_weights(pretrained)))}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    save(model, path)


def milliseconds(models: dict[str, MemorySegmenter], size: int, repeats: int) -> dict[str, float]:
    """Of a frame, once the memory is full; of the first's 2D network alone too."""
    frame = torch.randn(1, 3, size, size).contiguous(memory_format=torch.channels_last)
    times: dict[str, list[float]] = {}
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        states = {row: full_state(model, frame) for row, model in models.items()}
        for _ in range(repeats + 1):
            for row, model in models.items():
                seconds, states[row] = timed(model, frame, states[row], recall=True, frames=FRAMES)
                times.setdefault(row, []).append(1000 * seconds)
            alone = next(iter(models.values()))
            seconds, _ = timed(alone, frame, State.start(), recall=False, frames=FRAMES)
            times.setdefault("2D network alone", []).append(1000 * seconds)
    return {row: median(all_of[1:]) for row, all_of in times.items()}  # the first turn warms up


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--network", required=True, type=Path, help="A run of base*, which stays as it is.")
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--exclude", required=True, help="The group that is tested.")
    parser.add_argument("--case", required=True, type=Path, help="Its folder.")
    add_map(parser)
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), default=list(ROWS))
    parser.add_argument("--pretrained", type=Path, help="A run of the preset `memory`.")
    parser.add_argument("--pretrained-paper", type=Path, help="The same, of the paper's form.")
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--cache", type=Path, help="Of decoded cases; runs may share it.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--frames", type=int, default=120)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--time-only", action="store_true")
    parser.add_argument("--out", required=True, type=Path)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    rows = [row for row in options.rows if row not in PRETRAINED or pretrained_for(row, options) is not None]
    weights = {row: trained(row, options) for row in rows}
    if not options.time_only:
        named = [part for row, path in weights.items() for part in ("--model", f"{row}={path}")]
        where = ["--case", str(options.case), "--map", *options.map, "--frames", str(options.frames)]
        quick_look.main([*named, *where, "--out", str(options.out)])
    models = {row: load(path) for row, path in weights.items()}
    taken = milliseconds(
        {row: model for row, model in models.items() if isinstance(model, MemorySegmenter)},
        options.size,
        options.repeats,
    )
    speed = options.out.with_name(f"{options.out.stem}_speed.csv")
    with speed.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("row", "size", "ms"))
        writer.writerows((row, options.size, f"{each:.1f}") for row, each in taken.items())
    for row, each in taken.items():
        print(f"{row:24} {each:7.1f} ms")


if __name__ == "__main__":
    main()
