"""What samed2-lite is worth beside LiteMedSAM as published, prompt by prompt, on the held-out images of its own stream.

    python benchmarks/samed2_lite.py --model RUN [--bank BANK] --data ../shared/data --cache CACHE --out scores.csv

Each set's held-out images (at most 16), prompted by a box (each side moved outwards by up to 20 pixels of 1024) and by
a rough mask (cells of 16 of 256 pixels, one click inside), drawn by a hash of the image, so the same for every row:

    published    LiteMedSAM, which reads boxes and no masks
    alone        the model without its bank
    bank         the model reading its bank
"""

import argparse
import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch

from segmem.continual.companion import measure_task
from segmem.continual.plan import load_stream, run_settings
from segmem.data.prompts import PromptSettings
from segmem.data.store import Store
from segmem.memory import CaseMemory
from segmem.memory.bank_file import read_bank, require_made_by
from segmem.methods.identity import encoder_of
from segmem.methods.load import load
from segmem.prompted import PromptedSegmenter
from segmem.train.encoder_mark import encoder_mark
from segmem.train.material import gather

STREAM = Path(__file__).parent / "continual" / "samed2_lite.yaml"
SAID = {
    "box": PromptSettings(box=1, given=0, slack=0, jitter=20),
    "rough": PromptSettings(box=0, given=0, coarse=1),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", required=True)
    parser.add_argument("--bank", type=Path)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--cache", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    options = parser.parse_args()
    torch.manual_seed(0)
    stream = load_stream(STREAM)
    settings = run_settings(stream)
    model, published = load(options.model), load("litemedsam")
    assert isinstance(model, PromptedSegmenter)
    assert isinstance(published, PromptedSegmenter)
    store = Store(options.cache)
    tests = gather(settings, options.data, store, model, encoder_mark(settings, model), tested=True).tests
    rows: dict[str, tuple[PromptedSegmenter, CaseMemory | None]] = {
        "published": (published, None),
        "alone": (model, None),
    }
    if options.bank is not None:
        bank = read_bank(options.bank)
        require_made_by(bank, encoder_of(model, "samed2-lite"), options.bank)
        assert bank.bank is not None
        rows["bank"] = (model, CaseMemory(bank.bank))
    with options.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("row", "prompt", "set", "case", "object", "dice"))
        means: dict[tuple[str, str], list[float]] = defaultdict(list)
        for task in stream.tasks:
            for said, wish in SAID.items():
                for row, (one, told) in rows.items():
                    if (row, said) == ("published", "rough"):
                        continue
                    asked = task.model_copy(update={"prompts": wish})
                    found = measure_task(one, tests[task.name], asked, told)
                    each = [(case, o, d) for case, objects in found.items() for o, d in objects.items()]
                    writer.writerows((row, said, task.name, case, o, f"{d:.5f}") for case, o, d in each)
                    means[row, said].append(float(np.mean([d for _, _, d in each])))
                    print(
                        f"{task.name}, {said}, {row}: {means[row, said][-1]:.3f} (n={len(each)})", flush=True
                    )
    for (row, said), values in means.items():
        print(f"mean of sets, {said}, {row}: {np.mean(values):.3f}")


if __name__ == "__main__":
    main()
