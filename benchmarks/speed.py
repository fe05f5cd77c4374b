"""Frames a second of a model on a video, with memory and without, and where the time goes.

    python benchmarks/speed.py --video video.avi --model tmam-endovis15 [--repeats 3] [--threads 2] [--out speed.json]

Each pass is a process of its own, so that its peak memory is its own; passes with and without memory take turns, so
that a busy machine slows both. The time starts after ten frames of warming up and ends when the last label is on disk.
Decoding and writing run beside the network: their seconds are work done, not time waited for.
What memory adds to the network is measured apart: both see every frame one after the other, medians over frames.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from pipeline import PARTS, looped, open_model, peak_mb, run, set_threads, walk
from segmem.io.video import VideoFile
from segmem.state import State

LANES = ("memory", "alone")
PAIRED = 150  # frames over which the two networks are compared
WARM_UP = 10


def one_pass(options: argparse.Namespace) -> dict[str, float]:
    """Segment the video once; what it took."""
    threads = set_threads(options.threads)
    model = open_model(options.model, recall=options.lane == "memory", precision=options.precision)
    video = VideoFile(Path(options.video))
    with tempfile.TemporaryDirectory() as folder:
        for _ in run(model, looped(video, WARM_UP), Path(folder) / "warm"):
            pass
        viewer = model.viewer()
        start, work, done = perf_counter(), process_time(), 0
        frames = islice(video, options.frames) if options.frames else video
        for done in walk(viewer, frames, Path(folder) / "out", model.classes):  # noqa: B007
            pass
        seconds, work = perf_counter() - start, process_time() - work
    out = {"frames": done, "threads": threads, "fps": done / seconds, "ms": 1000 * seconds / done}
    out |= {"cpu_ms": 1000 * work / done, "peak_mb": peak_mb()}
    out |= {part: 1000 * viewer.clock.seconds[part] / done for part in PARTS}
    return out


def paired(options: argparse.Namespace) -> dict[str, float]:
    """Milliseconds of the network a frame, with memory and alone, on the same frames in turn: waited, and of CPU."""
    set_threads(options.threads)
    lanes = {lane: open_model(options.model, lane == "memory", options.precision).viewer() for lane in LANES}
    states = dict.fromkeys(LANES, State.start())
    spent: dict[str, list[float]] = {f"{lane}{kind}": [] for lane in LANES for kind in ("", "_cpu")}
    for frame in looped(VideoFile(Path(options.video)), WARM_UP + (options.frames or PAIRED)):
        for lane, viewer in lanes.items():
            start, work = perf_counter(), process_time()
            _, states[lane] = viewer.look(frame, states[lane])
            spent[lane].append(1000 * (perf_counter() - start))
            spent[f"{lane}_cpu"].append(1000 * (process_time() - work))
    return {name: median(ms[WARM_UP:]) for name, ms in spent.items()}


def child(arguments: Sequence[str], lane: str) -> dict[str, float]:
    """`one_pass` in a process of its own."""
    command = [sys.executable, __file__, *arguments, "--lane", lane]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, float] = json.loads(done.stdout)
    print(lane, {key: round(value, 2) for key, value in result.items()}, file=sys.stderr, flush=True)
    return result


def table(lanes: dict[str, dict[str, float]]) -> str:
    """Markdown: a row a lane, medians over the passes."""
    head = ("", "frames/s", "ms/frame", "CPU ms", *(f"{part} ms" for part in PARTS), "peak MB")
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for name, lane in lanes.items():
        work = sum(lane[part] for part in PARTS)
        cells = [f"{lane[part]:.1f} ({lane[part] / work:.0%})" for part in PARTS]
        title = "with memory" if name == "memory" else "2D network alone"
        row = (title, f"{lane['fps']:.2f}", f"{lane['ms']:.1f}", f"{lane['cpu_ms']:.1f}")
        lines.append("| " + " | ".join((*row, *cells, f"{lane['peak_mb']:.0f}")) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> None:
    options = parse(arguments)
    if options.lane:
        print(json.dumps(paired(options) if options.lane == "paired" else one_pass(options)))
        return
    passes: dict[str, list[dict[str, float]]] = {lane: [] for lane in LANES}
    for _ in range(options.repeats):
        for lane in LANES:
            passes[lane].append(child(arguments, lane))
    lanes = {lane: {key: median(p[key] for p in done) for key in done[0]} for lane, done in passes.items()}
    network = child(arguments, "paired")
    added = {kind: network[f"memory{kind}"] / network[f"alone{kind}"] - 1 for kind in ("", "_cpu")}
    print(table(lanes))
    print(
        f"\nThe network a frame: {network['alone']:.1f} ms alone, {network['memory']:.1f} with memory:",
        end=" ",
    )
    print(f"{added['']:+.0%}, {added['_cpu']:+.0%} of CPU time; {lanes['memory']['threads']:.0f} threads.")
    if options.out:
        found = {"median": lanes, "network_ms": network, "network_added": added, "passes": passes}
        options.out.write_text(json.dumps(found, indent=2) + "\n")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--video", required=True)
    parser.add_argument("--model", required=True, help="shipped name, run folder or weights file")
    parser.add_argument("--repeats", type=int, default=3, help="passes of each lane")
    parser.add_argument("--frames", type=int, default=0, help="of the video; 0 is all")
    parser.add_argument("--threads", type=int, help="of the network; by default as torch decides")
    parser.add_argument("--precision", choices=("auto", "float32", "bfloat16"), default="auto")
    parser.add_argument("--out", type=Path, help="write the numbers as JSON")
    parser.add_argument("--lane", choices=(*LANES, "paired"), help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
