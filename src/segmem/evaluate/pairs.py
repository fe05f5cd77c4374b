"""Which prediction belongs to which labelled case, by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from segmem.core.errors import InputError
from segmem.data.cases import LabelledCase
from segmem.io.confidence import ENDING
from segmem.io.formats import case_name, form

LABELS = "labels"
"""The folder in a video's folder that holds a label map for each frame, as `segmem predict` writes it."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One labelled case and what was predicted for it.

    Attributes:
        case: with the truth.
        prediction: a label map; of a video, the folder with one for each frame, named by its number from 0.
    """

    case: LabelledCase
    prediction: Path


@dataclass(frozen=True, slots=True)
class Pairing:
    """All that could be paired, and what could not.

    Attributes:
        pairs: in the cases' order.
        missing: names of cases without a prediction.
        extra: names of predictions without a case.
    """

    pairs: tuple[Pair, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]


def pair(cases: Sequence[LabelledCase], predictions: Path) -> Pairing:
    """Match by name: `CASE.png`, `CASE.nii.gz` (or .nii, .nrrd, .mha), or `CASE/labels/00000.png`, `CASE/00000.png`.

    A lone case may also be given as its one file, or as the folder that holds `labels/` or the numbered frames.

    Raises:
        InputError: nothing is there, or no prediction has the name of a case.
    """
    if not predictions.exists():
        raise InputError(f"{predictions} does not exist. Give the folder of the predictions.")
    alone = _alone(cases, predictions)
    found = {cases[0].name: alone} if alone is not None else _named(predictions)
    pairs = tuple(Pair(case, found[case.name]) for case in cases if case.name in found)
    known = {case.name for case in cases}
    if not pairs:
        raise InputError(
            f"{predictions}: no prediction has the name of a case. Cases: {_listed(sorted(known))};"
            f" predictions: {_listed(sorted(found)) or 'none'}."
        )
    missing = tuple(case.name for case in cases if case.name not in found)
    return Pairing(pairs, missing, tuple(sorted(set(found) - known)))


def _alone(cases: Sequence[LabelledCase], predictions: Path) -> Path | None:
    """The prediction of the only case, where the path is that and not a folder of predictions."""
    if len(cases) != 1:
        return None
    if predictions.is_file():
        return predictions
    if cases[0].kind != "video":
        return None
    if (predictions / LABELS).is_dir():
        return predictions / LABELS
    return predictions if any(path.stem.isdecimal() for path in predictions.glob("*.png")) else None


def _named(folder: Path) -> dict[str, Path]:
    if folder.is_file():
        return {case_name(folder): folder}
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            found[path.name] = path / LABELS if (path / LABELS).is_dir() else path
        elif form(path) in {"image", "volume"} and not case_name(path).endswith(ENDING):
            name = case_name(path)
            if name in found:
                raise InputError(
                    f"{found[name]} and {path} are both predictions of {name!r}. Keep one of them."
                )
            found[name] = path
    return found


def _listed(names: Sequence[str], most: int = 5) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
