"""nnU-Net v2 on a preset's own split, for a stated number of minutes, scored with our metrics.

    taskset -c 1 python benchmarks/nnunet.py --preset lapg-hippocampus --data ../shared/data --work WORK \
        --configuration 3d_fullres --minutes 45 --out docs/results/nnunet_hippocampus.csv

Makes an environment of its own in `WORK/venv` (nnU-Net is no dependency of segmem), converts the preset's source with
`segmem convert data --to nnunet`, keeps the preset's held-out cases away from nnU-Net, plans, preprocesses, trains
until the minutes are over (see nnunet_trainer.py), predicts the held-out cases and writes the table of `scans.py`.

Only training is in the budget, on a CPU in minutes of one core; what the other steps took is printed, with the
iterations that fitted in.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from scan_scores import parted, scored, tell, write
from segmem.convert_data.request import Request
from segmem.convert_data.run import MARKER, convert_data
from segmem.data.cases import LabelledCase
from segmem.io.volume import read_label_volume, read_volume
from segmem.train.presets import load_settings
from segmem.train.settings import TrainSettings

PACKAGES = ("nnunetv2==2.8.1", "torch==2.15.0", "torchvision==0.29.2")
DATASET = "Dataset001_segmem"
TRAINER = "SegmemBudgetTrainer"
SUFFIX = ".nii.gz"


def environment(work: Path, packages: tuple[str, ...]) -> Path:
    """The folder of programs of an environment with nnU-Net, made unless it is there."""
    home = work / "venv"
    programs = home / ("Scripts" if os.name == "nt" else "bin")
    if not (programs / "nnUNetv2_train").exists():
        venv.create(home, with_pip=True)
        subprocess.run([programs / "python", "-m", "pip", "install", "-q", *packages], check=True)
    where = subprocess.run(
        [programs / "python", "-c", "import nnunetv2; print(nnunetv2.__path__[0])"],
        check=True, capture_output=True, text=True,
    ).stdout.splitlines()[-1]  # fmt: skip
    own = Path(__file__).with_name("nnunet_trainer.py")
    shutil.copy(own, Path(where) / "training" / "nnUNetTrainer" / "variants" / "segmem_budget.py")
    return programs


def convert(
    settings: TrainSettings, data: Path, raw: Path, training: set[str], held: set[str], modality: str | None
) -> None:
    """The source as nnU-Net's raw dataset: `training` in imagesTr, `held` in imagesTs, the rest nowhere."""
    home = raw / DATASET
    asked_for = home.parent / f"{DATASET}.json"
    made_of = json.dumps({"source": str(data), "train": sorted(training), "held": sorted(held)})
    if asked_for.is_file() and asked_for.read_text() != made_of:
        sys.exit(f"{home} was made of other data or another split. Give another --work, or delete it.")
    asked_for.write_text(made_of)
    if not (home / MARKER).is_file():
        (source,) = settings.data.sources
        classes = settings.model.classes
        meant = {value: value for value in range(1, len(classes))} | source.label_map
        convert_data(
            Request(
                source=data / source.path,
                target=home,
                to="nnunet",
                layout=source.layout,
                label_map=tuple(f"{old}={classes[new]}" for old, new in meant.items()),
                classes=classes,
                channel=source.channel,
                modality=modality,
                group=source.group,
                overwrite=True,
            )
        )
    for folder in ("imagesTs", "labelsTs", "unused"):
        (home / folder).mkdir(exist_ok=True)
    for kind, ending in (("images", f"_0000{SUFFIX}"), ("labels", SUFFIX)):
        for path in sorted((home / f"{kind}Tr").iterdir()):
            name = path.name.removesuffix(ending)
            if name not in training:
                path.rename(home / (f"{kind}Ts" if name in held else "unused") / path.name)
    about = json.loads((home / "dataset.json").read_text())
    about["numTraining"] = len(training)
    (home / "dataset.json").write_text(json.dumps(about, indent=2))


def answer(case: LabelledCase, found: Path) -> NDArray[np.uint8]:
    """What nnU-Net wrote for a case, (D, H, W)."""
    return read_label_volume(found / f"{case.name}{SUFFIX}", read_volume(case.files[0]).geometry).numpy()


def call(programs: Path, variables: Mapping[str, str], name: str, *arguments: str) -> float:
    """Run a program of nnU-Net; the seconds it took."""
    begun = perf_counter()
    print(f"$ {name} {' '.join(arguments)}", flush=True)
    subprocess.run([programs / name, *arguments], check=True, env={**os.environ, **variables})
    return perf_counter() - begun


def asked() -> argparse.Namespace:
    """The command's options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--preset", required=True, help="Whose source, classes and split are taken.")
    parser.add_argument("--config", type=Path, help="Settings over the preset's.")
    parser.add_argument("--set", action="append", default=[], help="key=value over both.")
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--work", required=True, type=Path, help="Environment, data and results.")
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--configuration", default="3d_fullres", choices=("3d_fullres", "2d"))
    parser.add_argument("--minutes", type=float, default=90.0)
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--threads", type=int, default=1, help="Of PyTorch.")
    parser.add_argument(
        "--workers", type=int, default=0, help="Processes that augment; 0 does it in between."
    )
    parser.add_argument(
        "--resume", action="store_true", help="Go on with a training in WORK that was cut off."
    )
    parser.add_argument("--tolerance", type=float, default=2.0, help="Of NSD, in mm.")
    parser.add_argument("--modality", help="CT, where it is: nnU-Net normalises it its own way.")
    parser.add_argument("--cases", type=int, help="Score only so many held-out cases, to try the program.")
    return parser.parse_args()


def main() -> None:
    options = asked()
    settings = load_settings(options.preset, options.config, options.set)
    work = options.work.resolve()
    training, held = parted(settings, options.data)
    if not held:
        sys.exit(f"{options.preset} keeps no case aside; name some with --set data.validation_fraction=0.2")
    print(f"{len(training)} cases train, {len(held)} are held out")
    names, aside = {case.name for case in training}, {case.name for case in held}
    held = held[: options.cases]
    begun = perf_counter()
    programs = environment(work, PACKAGES)
    print(f"environment: {perf_counter() - begun:.0f} s")
    homes = {f"nnUNet_{one}": str(work / one) for one in ("raw", "preprocessed", "results")}
    variables = {
        **homes,
        "nnUNet_n_proc_DA": str(options.workers),
        "nnUNet_def_n_proc": str(max(1, options.workers)),
        "nnUNet_compile": "f",
        "OMP_NUM_THREADS": str(options.threads),
        "SEGMEM_SECONDS": str(60 * options.minutes),
        "SEGMEM_RESUME": str(int(options.resume)),
    }
    for home in homes.values():
        Path(home).mkdir(parents=True, exist_ok=True)
    convert(settings, options.data, work / "raw", names, aside, options.modality)
    shown = work / "shown"
    shutil.rmtree(shown, ignore_errors=True)
    shown.mkdir()
    for case in held:
        shutil.copy(work / "raw" / DATASET / "imagesTs" / f"{case.name}_0000{SUFFIX}", shown)
    what = ("-d", "1", "-c", options.configuration)
    planning = {**variables, "nnUNet_n_proc_DA": str(max(1, options.workers))}  # it takes none for a mistake
    took = call(programs, planning, "nnUNetv2_plan_and_preprocess", *what, "-np", "1", "-npfp", "1")
    print(f"planning and preprocessing: {took:.0f} s")
    folder = work / "results" / DATASET / f"{TRAINER}__nnUNetPlans__{options.configuration}" / "fold_all"
    train = ("1", options.configuration, "all", "-tr", TRAINER, "-device", options.device)
    took = call(programs, variables, "nnUNetv2_train", *train)
    about = json.loads((folder / "budget.json").read_text())
    print(f"training: {took:.0f} s with loading; {json.dumps(about)}")
    found = work / "predicted" / options.configuration
    shutil.rmtree(found, ignore_errors=True)
    script = str(Path(__file__).with_name("nnunet_predict.py"))
    where = (str(folder.parent), str(shown), str(found))
    took = call(programs, variables, "python", script, *where, options.device, str(options.threads))
    print(f"prediction: {took:.0f} s for {len(held)} cases")
    rows = [
        row
        for case in held
        for row in scored(
            f"nnU-Net {options.configuration}", case, answer(case, found), settings, options.tolerance
        )
    ]
    tell(rows, options.tolerance)
    write(rows, options.out)


if __name__ == "__main__":
    main()
