"""Memory does not grow with the length of a stream: resident memory early and late in a looped video.

    python benchmarks/memory_flat.py --video video.avi --model tmam-endovis15 [--at 200 5000] [--limit-mb 20]

Runs all that `segmem predict` runs, writing included. Exit code 1 where the two differ by more than the limit.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from pipeline import looped, open_model, peak_mb, resident_mb, run, set_threads
from segmem.io.video import VideoFile

AROUND = 20  # frames before each point over which the median is taken


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--video", required=True)
    parser.add_argument("--model", required=True, help="shipped name, run folder or weights file")
    parser.add_argument("--at", type=int, nargs=2, default=(200, 5000), metavar=("EARLY", "LATE"))
    parser.add_argument("--limit-mb", type=float, default=20.0)
    parser.add_argument("--threads", type=int)
    options = parser.parse_args(arguments)
    set_threads(options.threads)
    model = open_model(options.model, recall=True)
    points: dict[int, list[float]] = {point: [] for point in options.at}
    with tempfile.TemporaryDirectory() as folder:
        frames = looped(VideoFile(Path(options.video)), max(options.at))
        for done in run(model, frames, Path(folder)):
            for point, seen in points.items():
                if point - AROUND < done <= point:
                    seen.append(resident_mb())
            if done % 500 == 0:
                print(f"frame {done}: {resident_mb():.1f} MB", file=sys.stderr, flush=True)
    early, late = (median(points[point]) for point in options.at)
    result = {f"frame {point}": median(seen) for point, seen in points.items()}
    print(json.dumps({**result, "growth_mb": late - early, "peak_mb": peak_mb()}, indent=2))
    return int(abs(late - early) > options.limit_mb)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
