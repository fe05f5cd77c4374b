"""A run's weights, and its bank, as files to ship; tells what their card must say.

    python benchmarks/release.py RUN --name samed2-lite [--to src/segmem/models] [--tell masks]

--tell sets what hears of other cases in the model that is shipped (`model.samed2.tell`); it holds no weight.
"""

import argparse
import shutil
from pathlib import Path

from segmem.io.tensors import digest, read_tensors
from segmem.methods.load import load, save
from segmem.methods.own_bank import BANK
from segmem.methods.spec import ModelSpec


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path)
    parser.add_argument("--name", required=True)
    parser.add_argument("--to", type=Path, default=Path("src/segmem/models"))
    parser.add_argument("--tell", choices=("all", "masks"))
    options = parser.parse_args()
    model = load(options.run)
    assert isinstance(model.spec, ModelSpec)
    changes: dict[str, object] = {"name": options.name}
    if options.tell is not None:
        assert model.spec.samed2 is not None
        changes["samed2"] = model.spec.samed2.model_copy(update={"tell": options.tell})
    model.spec = model.spec.model_copy(update=changes)
    weights = options.to / f"{options.name}.safetensors"
    save(model, weights)
    numbers = sum(value.numel() for value in read_tensors(weights).values())
    print(f"parameters {numbers}, size_bytes {weights.stat().st_size}, sha256 {digest(weights)}")
    if (options.run / BANK).is_file():
        bank = options.to / "banks" / weights.name
        bank.parent.mkdir(exist_ok=True)
        shutil.copyfile(options.run / BANK, bank)
        print(f"bank: {bank.stat().st_size} bytes, bank_sha256 {digest(bank)}")


if __name__ == "__main__":
    main()
