"""nnU-Net v2 on a preset's own split, for a stated number of minutes, scored with our metrics.

    taskset -c 1 python benchmarks/nnunet.py --preset tmam-hippocampus --data ../shared/data --work WORK \
        --configuration 3d_fullres --minutes 90 --out docs/results/nnunet-hippocampus.csv

Makes an environment of its own in `WORK/venv` (nnU-Net is no dependency of segmem), converts the preset's source with
`segmem convert data --to nnunet`, keeps the preset's validation cases away from nnU-Net, plans, preprocesses, trains
until the minutes are over (see nnunet_trainer.py), predicts the validation cases and writes one long table:
case, class, dice, nsd, hd95. NSD and HD95 are in mm of the file's spacing, which is nominal for some data.

Only training is in the budget; what the other steps took is printed, with the iterations that fitted in.
"""

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import perf_counter

import numpy as np
import torch

from segmem.convert_data.request import Request
from segmem.convert_data.run import MARKER, convert_data
from segmem.data.cases import LabelledCase
from segmem.io.volume import read_label_volume
from segmem.metrics.overlap import dice
from segmem.metrics.surface import surface_distances
from segmem.metrics.surface_dice import surface_dice
from segmem.train.listing import chosen_split, listed, within
from segmem.train.presets import load_settings
from segmem.train.settings import TrainSettings

PACKAGES = ("nnunetv2==2.8.1", "torch==2.15.0", "torchvision==0.29.2")
DATASET = "Dataset001_segmem"
TRAINER = "SegmemBudgetTrainer"
COLUMNS = ("case", "class", "dice", "nsd", "hd95")
SUFFIX = ".nii.gz"
Row = tuple[str, str, float, float, float]


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


def split_of(settings: TrainSettings, data: Path) -> tuple[list[LabelledCase], list[LabelledCase]]:
    """The preset's own training and validation cases, of its one source."""
    (source,) = settings.data.sources
    whole = [listed(source, data / source.path)]
    kept = [within(source, whole[0], settings.seed)]
    split = chosen_split(settings, data, whole, kept)
    return list(split.train), list(split.validation)


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


def scores(
    cases: list[LabelledCase], found: Path, settings: TrainSettings, tolerance_mm: float
) -> Iterator[Row]:
    """A row for each case and class; NaN where neither the truth nor the answer has the class."""
    (source,), names = settings.data.sources, settings.model.classes
    for case in cases:
        assert case.geometry is not None
        geometry = case.geometry()
        assert geometry.spacing_mm is not None
        truth = torch.stack([label for _, label in case.read() if label is not None]).numpy()
        truth = np.vectorize(lambda value: source.label_map.get(value, value), otypes=[np.uint8])(truth)
        answer = read_label_volume(found / f"{case.name}{SUFFIX}", like=geometry).numpy()
        overlap = dice(answer, truth, len(names))
        for value, name in enumerate(names[1:], start=1):
            ours, theirs = answer == value, truth == value
            nsd = surface_dice(ours, theirs, geometry.spacing_mm, tolerance_mm)
            far = surface_distances(ours, theirs, geometry.spacing_mm).hausdorff(95)
            yield case.name, name, float(overlap[value]), nsd, far


def call(programs: Path, variables: Mapping[str, str], name: str, *arguments: str) -> float:
    """Run a program of nnU-Net; the seconds it took."""
    begun = perf_counter()
    print(f"$ {name} {' '.join(arguments)}", flush=True)
    subprocess.run([programs / name, *arguments], check=True, env={**os.environ, **variables})
    return perf_counter() - begun


def write(rows: list[Row], out: Path, classes: tuple[str, ...], tolerance_mm: float) -> None:
    """The table, and its means on the screen."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(COLUMNS)
        lines.writerows((case, name, *(f"{value:.4f}" for value in numbers)) for case, name, *numbers in rows)
    for name in classes[1:]:
        mean = np.nanmean(np.array([row[2:] for row in rows if row[1] == name], float), axis=0)
        print(f"{name}: Dice {mean[0]:.4f}, NSD {mean[1]:.4f} at {tolerance_mm:g} mm, HD95 {mean[2]:.2f} mm")
    print(f"mean Dice of the classes: {np.nanmean([row[2] for row in rows]):.4f}")


def asked() -> argparse.Namespace:
    """The command's options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--preset", required=True, help="Whose source, classes and split are taken.")
    parser.add_argument("--set", action="append", default=[], help="key=value over the preset.")
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
    parser.add_argument("--tolerance", type=float, default=2.0, help="Of NSD, in mm.")
    parser.add_argument("--modality", help="CT, where it is: nnU-Net normalises it its own way.")
    parser.add_argument("--cases", type=int, help="Score only so many held-out cases, to try the program.")
    return parser.parse_args()


def main() -> None:
    options = asked()
    settings = load_settings(options.preset, changes=options.set)
    work = options.work.resolve()
    training, held = split_of(settings, options.data)
    if not held:
        sys.exit(f"{options.preset} keeps no case aside; name some with --set data.validation_fraction=0.2")
    print(f"{len(training)} cases train, {len(held)} are held out")
    names, aside = {case.name for case in training}, {case.name for case in held}
    held = sorted(held, key=lambda case: case.name)[: options.cases]
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
    rows = list(scores(held, found, settings, options.tolerance))
    write(rows, options.out, settings.model.classes, options.tolerance)


if __name__ == "__main__":
    main()
