"""What a model says of labelled cases, kept beside their evaluation."""

from collections.abc import Sequence
from pathlib import Path

from segmem.core.errors import InputError
from segmem.data.cases import LabelledCase
from segmem.io.case import Case
from segmem.io.formats import form
from segmem.predict.request import Request
from segmem.predict.run import run_cases
from segmem.predict.watch import Watch

FOLDER = "predictions"


def predicted(
    model: str, cases: Sequence[LabelledCase], out: Path, watch: Watch
) -> tuple[Path, tuple[str, ...]]:
    """Predict every case, with confidence, into `out/predictions/MODEL`; what is whole from an earlier run stays.

    Returns:
        The folder, and what could not be predicted.

    Raises:
        InputError: the cases are of several kinds.
        SegmemError: as `segmem predict` says, where nothing could be predicted.
    """
    kinds = sorted({one.kind for one in cases})
    if len(kinds) > 1:
        raise InputError(
            f"The data holds cases of several kinds ({', '.join(kinds)}); a model takes one. Split them."
        )
    home = out / FOLDER / _name(model)
    home.mkdir(parents=True, exist_ok=True)
    found = [_shown(one) for one in cases]
    request = Request(source=home.name, out=home, model=model, confidence=True, resume=True)
    record = run_cases(request, found, watch)
    return home, tuple(f"{failure.input}: {failure.error}" for failure in record.failures)


def _shown(case: LabelledCase) -> Case:
    """What a model is shown of a case.

    Raises:
        InputError: it is in no file that a model opens.
    """
    if not case.inputs or (case.kind == "volume" and len(case.inputs) > 1):
        raise InputError(
            f"{case.name} cannot be predicted where it is: {case.files[0].name} holds its labels too, or it has several"
            " channels. Convert the data first: `segmem convert data SRC DST --to segmem`."
        )
    pictures = case.kind == "video" and form(case.inputs[0]) == "image"
    return Case(case.name, case.kind, "frames" if pictures else case.kind, case.inputs)


def _name(model: str) -> str:
    """A shipped name as it is; of a file or folder, its own name and the one above."""
    path = Path(model)
    return "_".join(path.resolve().parts[-2:]) if path.exists() else model.replace("/", "_")
