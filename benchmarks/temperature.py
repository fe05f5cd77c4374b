"""The temperature that fits a model on a video it was not trained on.

    python benchmarks/temperature.py --model runs/tmam_f1 --case data/dataset3 --map 3:1 4:2

A model that ships is trained on every development video, so none is left to fit its temperature on: it takes the
mean of those that its cross-video twins had on the video each had not seen.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from merging import add_map, merged
from segmem.data.cache import Cache
from segmem.data.store import Store
from segmem.data.video_masks import cases
from segmem.methods.load import load
from segmem.ops.temperature import fit_temperature
from segmem.train.temperature import validation_pixels


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", required=True)
    parser.add_argument("--case", required=True, type=Path)
    add_map(parser)
    options = parser.parse_args()
    model = load(options.model)
    merge = merged(options.map)
    with TemporaryDirectory() as scratch:
        cache = Cache(Store(Path(scratch)), model.spec.fit, model.spec.intensity, model.spec.classes)
        held = [cache.open(case, merge) for case in cases(options.case, None)]
        logits, labels = validation_pixels(model, held, memory=True, frames=None)
    scale = model.spec.temperature  # logits come divided by it
    print(f"{fit_temperature(logits, labels) * scale:.3f}")


if __name__ == "__main__":
    main()
