"""One run of `segmem predict`: what can be refused is refused before anything slow is loaded."""

from pathlib import Path

from segmem import catalogue
from segmem.core import Kind
from segmem.io.sources import find_cases, open_case
from segmem.manifest import Manifest
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
    cases = find_cases(request.source, request.as_)
    found = targets(cases, request.out)
    model = _name(request.model, cases[0].kind)
    require_room(found, request.overwrite or request.resume)
    if len(cases) == 1 and cases[0].form in {"image", "video"}:
        open_case(cases[0])  # what is no picture or video is refused before a model is loaded for it
    require_writable(found)

    from segmem.predict.cohort import Cohort  # torch and the networks, from here on
    from segmem.predict.job import prepare

    job = prepare(request, model, cases[0].kind)
    with watch.listening():
        return Cohort(job, found, watch).go()


def _name(model: str | None, kind: Kind) -> str:
    if model is None:
        return catalogue.choose(kind)
    if not Path(model).exists():
        catalogue.card(model)
    return model
