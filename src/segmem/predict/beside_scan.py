"""What is written beside a scan's labels: statistics of its classes, and a picture for a quick look."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from segmem.core.errors import UsageError
from segmem.io.case import Case
from segmem.io.formats import case_name
from segmem.io.outputs import remove, staged
from segmem.predict.request import Request

if TYPE_CHECKING:
    from segmem.core import Clip, Labels
    from segmem.predict.job import Job
    from segmem.predict.probabilities import ProbabilityStack

STATISTICS, PREVIEW, PROBABILITIES = ".stats.csv", ".preview.png", ".probabilities.nii.gz"
INSTANCES, INSTANCE_TABLE = ".instances.nii.gz", ".instances.csv"


def require_scans(request: Request, cases: Sequence[Case]) -> None:
    """Raise UsageError where something that only scans have is asked of other cases: in pictures and videos there are
    no millimetres, and no third axis to be connected along."""
    asked = {
        "--min-volume": request.min_volume_mm3 is not None,
        "--keep-largest": request.keep_largest,
        "--instances": request.instances,
        "--statistics": request.statistics,
        "--preview": request.preview,
        "--probabilities": request.probabilities,
    }
    other = next((case for case in cases if case.kind != "volume"), None)
    option = next((name for name, wanted in asked.items() if wanted), None)
    if other is not None and option is not None:
        instead = {
            "--preview": " A video has --overlay.",
            "--probabilities": " --confidence is for all.",
            "--statistics": " A video's areas are in its frames.csv.",
        }.get(option, "")
        kind = "an image" if other.kind == "image" else f"a {other.kind}"
        raise UsageError(
            f"{option} is for scans, whose voxels have millimetres; {other.name} is {kind}.{instead} Leave it out."
        )


def extra_paths(request: Request, out: Path) -> list[Path]:
    """What is written beside the labels `out`, as `scan.stats.csv` and `scan.preview.png`."""
    wanted = {
        STATISTICS: request.statistics,
        PREVIEW: request.preview,
        PROBABILITIES: request.probabilities,
        INSTANCES: request.instances,
        INSTANCE_TABLE: request.instances,
    }
    return [out.with_name(f"{case_name(out)}{end}") for end, asked in wanted.items() if asked]


def write_extras(
    job: "Job", clip: "Clip", labels: "Labels", out: Path, stack: "ProbabilityStack | None" = None
) -> None:
    """Write what was asked for; each file appears when it is whole.

    Raises:
        OutputError: it cannot be written.
    """
    from segmem.io.volume import write_volume
    from segmem.predict.instances import instances_of, write_instances
    from segmem.predict.preview import preview
    from segmem.predict.statistics import statistics, write_statistics

    paths = extra_paths(job.request, out)
    for path in paths:
        remove(path)  # of an earlier run: it would not be about these labels
    if not paths:
        return
    names = names_of(job, labels)
    found = statistics(clip, labels, names)
    numbered = instances_of(labels, names) if job.request.instances else None
    for path in paths:
        with staged(path, folder=False) as half:
            if stack is not None and path.name.endswith(PROBABILITIES):
                stack.write(half, clip.geometry)
            elif numbered is not None and path.name.endswith(INSTANCES):
                write_volume(numbered.labels, half)
            elif numbered is not None and path.name.endswith(INSTANCE_TABLE):
                write_instances(half, numbered)
            elif path.name.endswith(STATISTICS):
                write_statistics(half, found, clip.geometry)
            else:
                shown = {one.value: one.volume_ml for one in found}
                preview(clip, labels, names, shown).save(half, format="PNG")


def names_of(job: "Job", labels: "Labels") -> dict[int, str]:
    """The classes by value, background left out; of prompted objects, those that were found."""
    if not job.model.prompted:
        return dict(enumerate(job.classes[1:], start=1))
    there = np.unique(labels.frames.numpy()).tolist()
    return {one: f"object {one}" for one in there if one}
