"""A folder that segmem wrote: a training run or predictions."""

from pathlib import Path

from segmem import manifest
from segmem.core.errors import SegmemError
from segmem.doctor import weights
from segmem.doctor.finding import Code, Finding, Looked
from segmem.doctor.reading import reason

SETTINGS, CHECKPOINTS, WEIGHTS = "settings.yaml", "checkpoints", "model.safetensors"
UNFINISHED = Code(
    "run-unfinished",
    "warning",
    "A training run has checkpoints but no model.",
    "It was interrupted.",
    "Continue it: segmem train ... --resume with the same output.",
)
FAILURES = Code(
    "run-failures",
    "warning",
    "Cases of a prediction run failed or were damaged.",
    "Their label maps are missing or hold only a part.",
    "See what is said of each; mend them and predict again.",
)
MANIFEST = Code(
    "run-bad-manifest",
    "warning",
    "The manifest is not one of segmem's.",
    "How these outputs were made is not known.",
    "Predict again, if it was changed by hand.",
)


def is_training(root: Path) -> bool:
    """Whether it is the folder of a training run."""
    return (root / SETTINGS).is_file() and (root / CHECKPOINTS).is_dir()


def is_prediction(root: Path) -> bool:
    """Whether it is a folder of predictions."""
    return (root / manifest.NAME).is_file()


def of_training(root: Path) -> Looked:
    """Facts and findings of a training run."""
    kept = sorted((root / CHECKPOINTS).glob("step-*.safetensors"))
    found: list[Finding] = []
    facts: dict[str, object] = {"checkpoints": len(kept)}
    if (root / WEIGHTS).is_file():
        looked = weights.examine(root / WEIGHTS, WEIGHTS)
        facts |= looked.facts
        found += looked.findings
    elif kept:
        found.append(UNFINISHED.at(CHECKPOINTS, f"there are {len(kept)} checkpoints and no {WEIGHTS}"))
    for path in kept:
        found += _of_checkpoint(path, f"{CHECKPOINTS}/{path.name}")
    return Looked(facts, found)


def of_prediction(root: Path) -> Looked:
    """Facts and findings of a folder of predictions."""
    record = manifest.read(root / manifest.NAME)
    if record is None:
        return Looked({}, [MANIFEST.at(manifest.NAME, "it does not have the fields of one")])
    failed = [(one.input, one.error) for one in record.failures]
    damaged = [(one.input, one.damage) for one in record.cases if one.damage]
    facts = {"model": record.model, "classes": list(record.classes), "cases": len(record.cases)}
    return Looked(facts, [FAILURES.at(name, told) for name, told in [*failed, *damaged]])


def _of_checkpoint(path: Path, where: str) -> list[Finding]:
    from segmem.io.tensors import read_header

    try:
        read_header(path)
    except SegmemError as error:
        return [weights.UNREADABLE.at(where, reason(error, path))]
    return []
