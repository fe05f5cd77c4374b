"""One run of `segmem predict`: what can be refused is refused before anything slow is loaded."""

from pathlib import Path

from segmem import catalogue
from segmem.core import Kind
from segmem.core.errors import UsageError
from segmem.io.case import Case
from segmem.io.sources import find_cases, open_case
from segmem.manifest import Manifest
from segmem.predict.beside_scan import require_scans
from segmem.predict.handover import require_dicom
from segmem.predict.request import Request
from segmem.predict.targets import require_room, require_writable, targets
from segmem.predict.watch import Watch


def run(request: Request, watch: Watch) -> Manifest:
    """Segment all that `request.source` names.

    A single bad case is raised. Of several, each bad one is in the manifest's `failures` and the rest go on.

    Returns:
        The manifest, as it was written beside the output.

    Raises:
        UsageError: the request makes no sense for this input.
        UnknownModelError: no model has that name.
        InputError: nothing can be read.
        OutputError: the output cannot be written, or something is in the way.
        InterruptedRun: a stop was asked for; what is whole stays.
    """
    return run_cases(
        request, find_cases(request.source, request.as_, request.series, request.allow_gaps), watch
    )


def run_cases(request: Request, cases: list[Case], watch: Watch) -> Manifest:
    """As `run`, where the cases are known and `request.source` is only a word for them."""
    found = targets(cases, request.out)
    require_dicom(request, cases)
    require_scans(request, cases)
    _require_one(request, cases)
    model = _name(request.model, cases[0].kind, request.asked is not None)
    require_room(found, request.overwrite or request.resume)
    if len(cases) == 1 and cases[0].form in {"image", "video"}:
        open_case(cases[0])  # what is no picture or video is refused before a model is loaded for it
    require_writable(found)

    from segmem.predict.cohort import Cohort  # torch and the networks, from here on
    from segmem.predict.job import prepare

    job = prepare(request, model, cases[0].kind, private=cases[0].form == "dicom")
    with watch.listening():
        return Cohort(job, found, watch).go()


def _require_one(request: Request, cases: list[Case]) -> None:
    """Prompts speak of one case, and pictures of them need it twice."""
    if request.asked is not None and len(cases) > 1:
        raise UsageError(
            f"{request.source} holds {len(cases)} cases, and prompts speak of one. Name one of them."
        )
    if request.asked is None and (request.show_prompts or request.direction):
        option = "--show-prompts" if request.show_prompts else "--direction"
        raise UsageError(
            f"{option} is about prompts, and there is none. Give --box, --point, --rough, --mask or --prompts."
        )
    if cases[0].form == "camera" and (request.show_prompts or request.direction not in {None, "forward"}):
        raise UsageError("A camera is seen once and forward: leave --show-prompts and --direction out.")


def _name(model: str | None, kind: Kind, prompted: bool) -> str:
    if model is None:
        return catalogue.choose(kind, prompted)
    if (
        model != catalogue.PACKAGED and not Path(model).exists() and "/" not in model
    ):  # a Hugging Face id has one
        catalogue.card(model)
    return model
