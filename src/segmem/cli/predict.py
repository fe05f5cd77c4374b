"""`segmem predict`."""

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segmem.cli.options import BAD_INPUT, Debug, Json

if TYPE_CHECKING:
    from segmem.manifest import Manifest


class As(StrEnum):
    """What a folder of pictures is."""

    clip = "clip"
    cases = "cases"


class Device(StrEnum):
    """Where a model runs."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


class Precision(StrEnum):
    """How precisely."""

    auto = "auto"
    float32 = "float32"
    bfloat16 = "bfloat16"


class Direction(StrEnum):
    """Which way from the prompted frames."""

    forward = "forward"
    backward = "backward"
    both = "both"


def predict(  # noqa: PLR0913, PLR0917 - an option each
    source: Annotated[
        str, typer.Option("-i", "--input", help="A file, a folder, a glob in quotes, or a camera's number.")
    ],
    out: Annotated[
        Path,
        typer.Option(
            "-o", "--output", help="A folder; or one .png, .nii.gz or .dcm file for one image or scan."
        ),
    ],
    model: Annotated[
        str | None,
        typer.Option("-m", "--model", help="A shipped name (segmem models), a run folder or a file."),
    ] = None,
    as_: Annotated[
        As | None, typer.Option("--as", help="A folder of pictures is one clip, or a case each.")
    ] = None,
    series: Annotated[
        str | None, typer.Option(help="Of several DICOM series: a number of their list, or a uid.")
    ] = None,
    allow_gaps: Annotated[
        bool, typer.Option("--allow-gaps", help="Read a DICOM scan though slices are missing or uneven.")
    ] = False,
    seg: Annotated[bool, typer.Option("--seg", help="Also write a DICOM-SEG of a DICOM scan.")] = False,
    rtstruct: Annotated[
        bool, typer.Option("--rtstruct", help="Also write an RTSTRUCT of a DICOM scan.")
    ] = False,
    deidentify: Annotated[
        bool, typer.Option(help="Keep the patient's name, ID and dates out of written DICOM.")
    ] = True,
    box: Annotated[
        list[str] | None,
        typer.Option(help="[ID=]x0,y0,x1,y1 in pixels of the input; can be given many times."),
    ] = None,
    point: Annotated[
        list[str] | None,
        typer.Option(help="[ID=]x,y,+ inside the object, [ID=]x,y,- outside; can be given many times."),
    ] = None,
    mask: Annotated[
        list[str] | None,
        typer.Option(help="[ID=]FILE: a picture as large as the frame, or a label map of the scan."),
    ] = None,
    rough: Annotated[
        list[str] | None,
        typer.Option(help="[ID=]FILE: a mask brushed roughly over the object, whose outline is then found."),
    ] = None,
    prompts: Annotated[Path | None, typer.Option(help="A JSON file of prompts, on any frames.")] = None,
    on: Annotated[
        int | None,
        typer.Option(help="The frame or slice of the prompts; else the first, or a scan's middle slice."),
    ] = None,
    world: Annotated[
        bool, typer.Option("--world", help="Boxes and points are mm of a scan (R, A, S): x,y,z each.")
    ] = False,
    direction: Annotated[
        Direction | None,
        typer.Option(help="From the prompted frames; both for a scan if left out, else forward."),
    ] = None,
    show_prompts: Annotated[
        Path | None, typer.Option(help="Also draw the prompts: a .png, or a folder.")
    ] = None,
    max_memory: Annotated[
        str | None, typer.Option(help="What the run may use at most, such as 2GB; objects then take turns.")
    ] = None,
    overlay: Annotated[bool, typer.Option("--overlay", help="Also write overlay.mp4 of each video.")] = False,
    confidence: Annotated[
        bool, typer.Option("--confidence", help="Also write how sure the model is of each pixel, 0 to 255.")
    ] = False,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="Also write the probability of each class of a scan.")
    ] = False,
    min_volume: Annotated[
        str | None,
        typer.Option(help="Remove pieces of a scan's classes below this, such as 5ml or 200mm3."),
    ] = None,
    keep_largest: Annotated[
        bool, typer.Option("--keep-largest", help="Keep only the largest piece of each class of a scan.")
    ] = False,
    instances: Annotated[
        bool, typer.Option("--instances", help="Also number the connected pieces of each class of a scan.")
    ] = False,
    statistics: Annotated[
        bool, typer.Option("--statistics", help="Also write a scan's ml, mean, SD and slices by class.")
    ] = False,
    preview: Annotated[
        bool, typer.Option("--preview", help="Also draw three planes of a scan with its labels, as PNG.")
    ] = False,
    memory: Annotated[
        bool, typer.Option(help="Look back at what was shown before; --no-memory is the 2D network alone.")
    ] = True,
    bank: Annotated[
        Path | None,
        typer.Option(help="A memory of other cases (samed2) in place of the model's own; or none."),
    ] = None,
    update_bank: Annotated[
        Path | None, typer.Option(help="Write the bank with what these cases add to this .safetensors file.")
    ] = None,
    bank_task: Annotated[
        str, typer.Option(help="With --update-bank: what the new entries are said to be of.")
    ] = "",
    explain: Annotated[
        bool, typer.Option("--explain", help="Also write which entries of the bank each frame used.")
    ] = False,
    device: Annotated[Device, typer.Option(help="Where the model runs.")] = Device.auto,
    precision: Annotated[
        Precision, typer.Option(help="auto is bfloat16 where this machine is faster with it.")
    ] = Precision.auto,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads of the network; torch decides if left out.")
    ] = None,
    patience: Annotated[
        float, typer.Option(min=0.1, help="Seconds without a picture that end a camera or a stream.")
    ] = 30.0,
    resume: Annotated[bool, typer.Option("--resume", help="Continue an interrupted run.")] = False,
    overwrite: Annotated[bool, typer.Option(help="Replace outputs of an earlier run.")] = True,
    as_json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar, no closing words.")] = False,
    debug: Debug = False,  # noqa: ARG001 - __main__ reads it
) -> None:
    """Segment images, videos and scans."""
    from segmem.predict.prompting import ask
    from segmem.predict.request import Request, as_bytes
    from segmem.predict.run import run
    from segmem.predict.volume_text import as_mm3
    from segmem.predict.watch import Watch

    request = Request(
        source=source,
        out=out,
        model=model,
        as_=as_.value if as_ else None,
        series=series,
        allow_gaps=allow_gaps,
        seg=seg,
        rtstruct=rtstruct,
        deidentify=deidentify,
        asked=ask(box or (), point or (), mask or (), prompts, on, world, rough or ()),
        direction=direction.value if direction else None,
        show_prompts=show_prompts,
        max_memory=None if max_memory is None else as_bytes(max_memory),
        overlay=overlay,
        confidence=confidence,
        probabilities=probabilities,
        min_volume_mm3=None if min_volume is None else as_mm3(min_volume),
        keep_largest=keep_largest,
        instances=instances,
        statistics=statistics,
        preview=preview,
        memory=memory,
        bank=bank,
        update_bank=update_bank,
        bank_task=bank_task,
        explain=explain,
        device=device.value,
        precision=precision.value,
        threads=threads,
        patience=patience,
        resume=resume,
        overwrite=overwrite,
        command=("segmem", *sys.argv[1:]),
    )
    record = run(request, Watch(bar=not (quiet or as_json)))
    if as_json:
        typer.echo(json.dumps({"output": str(out), **record.model_dump(mode="json")}))
    elif not quiet:
        typer.echo("\n".join(_told(record, out)))
    faults = _faults(record)
    for fault in faults:
        typer.echo(f"segmem: {fault}", err=True)
    if faults:
        raise typer.Exit(BAD_INPUT)


def _told(record: "Manifest", out: Path) -> list[str]:
    """What came of each case, and where to look."""
    lines = []
    for case in record.cases:
        place = out if case.output in {".", out.name} else out / case.output
        speed = f"{(case.frames - case.resumed_at) / max(case.seconds, 1e-3):.1f} FPS"
        lines.append(f"{case.input}: {case.frames} frames in {case.seconds:.1f} s ({speed}) -> {place}")
    return [*lines, *(f"warning: {text}" for text in record.warnings)]


def _faults(record: "Manifest") -> list[str]:
    """Of the input: what could not be segmented, and what is only a part of it."""
    damaged = [
        f"{case.damage} Those are segmented; copy the file again." for case in record.cases if case.damage
    ]
    return [*(f"{failure.input} failed: {failure.error}" for failure in record.failures), *damaged]
