"""`segmem doctor`, `split` and `convert data`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from segmem.cli.options import BAD_INPUT, Debug, Json, aside


def doctor(
    path: Annotated[Path, typer.Argument(help="A file, a folder, a dataset, a DICOM folder or weights.")],
    fix: Annotated[
        bool, typer.Option("--fix", help="Write corrected copies of what can safely be mended.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("-o", "--output", help="The folder of the copies; else PATH with -fixed.")
    ] = None,
    classes: Annotated[
        str | None, typer.Option(help="Names by id, the background first, for labels to be checked against.")
    ] = None,
    group: Annotated[
        str | None, typer.Option(help="A pattern that finds the patient in a case's name: '(OP\\d+)_'.")
    ] = None,
    as_json: Json = False,
    debug: Debug = False,  # noqa: ARG001 - __main__ reads it
) -> None:
    """Say what a path holds, what is wrong with it, and what to do."""
    from segmem.doctor.run import run
    from segmem.report.bar import Bar

    names = tuple(classes.split(",")) if classes else ()
    found = run(path, fix=fix, out=out, classes=names, group=group, bar=Bar(shown=not as_json))
    typer.echo(found.json_text() if as_json else found.text())
    if found.diagnosis.worst == "fault":
        raise typer.Exit(BAD_INPUT)


def split(  # noqa: PLR0913, PLR0917 - an option each
    data: Annotated[Path, typer.Argument(help="A folder of labelled cases.")],
    out: Annotated[Path, typer.Option("-o", "--output", help="The file to write.")] = Path("splits.json"),
    folds: Annotated[int | None, typer.Option(help="So many folds; 5 if neither is given.")] = None,
    fractions: Annotated[
        str | None, typer.Option(help="Or fixed shares that train, validate and test, as .8,.1,.1.")
    ] = None,
    group: Annotated[
        str | None, typer.Option(help="A pattern that finds the patient in a case's name: '^(patient\\d+)'.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Which groups go where.")] = 0,
    layout: Annotated[str | None, typer.Option(help="How the folder is laid out; else recognised.")] = None,
    i_know: Annotated[bool, typer.Option("--i-know", help="Split by frame, if that is meant.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier file.")] = False,
    as_json: Json = False,
    debug: Debug = False,  # noqa: ARG001 - __main__ reads it
) -> None:
    """Split labelled cases by patient, video or operation."""
    from segmem.data.folds import SplitWish, shares, split_data

    wish = SplitWish(folds, shares(fractions), seed, i_know)
    made = split_data(data, out, wish, layout, group, overwrite)
    typer.echo(made.as_json() if as_json else made.told(out))


def data_(  # noqa: PLR0913, PLR0917 - an option each
    source: Annotated[Path, typer.Argument(help="A folder of labelled cases.")],
    target: Annotated[Path, typer.Argument(help="The folder to write.")],
    to: Annotated[
        Literal["segmem", "nnunet"], typer.Option(help="Our own layouts, or nnU-Net raw, version 2.")
    ],
    layout: Annotated[str | None, typer.Option(help="Of the source; else recognised.")] = None,
    label_map: Annotated[
        list[str] | None,
        typer.Option(help="SOURCE=TARGET, each a value or a name, as 255=polyp; can be given many times."),
    ] = None,
    classes: Annotated[
        str | None, typer.Option(help="Names of the target by id, the background first; else the source's.")
    ] = None,
    channel: Annotated[str | None, typer.Option(help="Of scans with several: only this one.")] = None,
    modality: Annotated[
        str | None,
        typer.Option(help="What nnU-Net is to call an unnamed channel; it normalises CT by that name."),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(help="A pattern that finds the patient in a case's name, for nnU-Net's splits."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue an interrupted conversion.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier conversion.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress bar, no asides.")] = False,
    as_json: Json = False,
    debug: Debug = False,  # noqa: ARG001 - __main__ reads it
) -> None:
    """Write a dataset of one layout in another, its labels by name."""
    from segmem.convert_data.request import Request
    from segmem.convert_data.run import convert_data
    from segmem.report.bar import Bar

    request = Request(
        source=source,
        target=target,
        to=to,
        layout=layout,
        label_map=tuple(label_map or ()),
        classes=tuple(classes.split(",")) if classes else (),
        channel=channel,
        modality=modality,
        group=group,
        overwrite=overwrite,
        resume=resume,
    )
    made = convert_data(request, Bar(shown=not quiet and not as_json), None if quiet else aside)
    typer.echo(made.model_dump_json(indent=2) if as_json else f"{target}: {len(made.cases)} cases.")
    for line in made.notes:
        typer.echo(f"note: {line}", err=True)
    for line in made.faults:
        typer.echo(f"segmem: {line}", err=True)
    if made.faults:
        raise typer.Exit(BAD_INPUT)
