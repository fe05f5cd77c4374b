"""`segmem evaluate`, `reproduce` and `side-by-side`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from segmem.cli.options import BAD_INPUT, Debug, Json, aside


def evaluate(  # noqa: PLR0913, PLR0917 - an option each
    data: Annotated[Path, typer.Option("-d", "--data", help="A folder of labelled cases.")],
    out: Annotated[Path, typer.Option("-o", "--output", help="The folder of the results.")],
    predictions: Annotated[
        list[Path] | None,
        typer.Option(
            "-p",
            "--predictions",
            help="A folder of label maps, as predict writes them. Several are compared.",
        ),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option("-m", "--model", help="A model that predicts the data first; alone or beside others."),
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option(help="Names by id, the background first; else those of the predictions' manifest."),
    ] = None,
    label_map: Annotated[
        list[str] | None,
        typer.Option(help="VALUE=CLASS of the truth's labels, as in 255=1; can be given many times."),
    ] = None,
    group: Annotated[
        str | None, typer.Option(help="A pattern that finds the patient in a case's name: '(OP\\d+)_'.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="A case or a group by its name; can be given many times.")
    ] = None,
    flow: Annotated[
        Literal["fast", "medium", "raft", "raft-small", "none"],
        typer.Option(
            help="Optical flow of temporal consistency: DIS fast or medium, or RAFT; none leaves that out."
        ),
    ] = "fast",
    flow_weights: Annotated[
        Path | None, typer.Option(help="RAFT's weights; else torchvision's are downloaded.")
    ] = None,
    tolerance: Annotated[
        list[str] | None,
        typer.Option(
            help="CLASS=LENGTH of the surface Dice, mm of a scan, else pixels; 2 for others; can be given many times."
        ),
    ] = None,
    surfaces: Annotated[bool, typer.Option(help="Take HD95, ASSD and NSD.")] = True,
    as_released: Annotated[
        bool,
        typer.Option(
            "--as-released",
            help="Also what the released code of TMAM, SAMed-2 and APG would say, to read their tables by.",
        ),
    ] = False,
    report: Annotated[bool, typer.Option(help="Make report.html.")] = True,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; else one for each core.")] = None,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress bar.")] = False,
    as_json: Json = False,
    debug: Debug = False,  # noqa: ARG001 - __main__ reads it
) -> None:
    """Score predictions against labels: tables, and a report to look at."""
    from segmem.evaluate.request import Request, label_pairs, tolerances
    from segmem.evaluate.run import run
    from segmem.evaluate.summary import told
    from segmem.report.bar import Bar

    request = Request(
        predictions=tuple(predictions or ()),
        models=tuple(model or ()),
        data=data,
        out=out,
        only=tuple(only or ()),
        group=group,
        classes=tuple(classes.split(",")) if classes else (),
        label_map=label_pairs(label_map or ()),
        flow=None if flow == "none" else flow,
        flow_weights=flow_weights,
        tolerance=tolerances(tolerance or ()),
        surfaces=surfaces,
        as_released=as_released,
        report=report,
        workers=workers,
    )
    found = run(request, Bar(shown=not quiet and not as_json), None if quiet or as_json else aside)
    if as_json:
        typer.echo(found.model_dump_json(indent=2, by_alias=True))
    else:
        for name, entries in found.runs.items():
            typer.echo(told(entries) if len(found.runs) == 1 else f"{name}\n{told(entries)}\n")
        typer.echo(f"\nLook at {out / 'report.html'}" if report else f"\nTables are in {out}")
    for line in found.notes:
        typer.echo(f"note: {line}", err=True)
    for line in found.faults:
        typer.echo(f"segmem: {line}", err=True)
    if found.faults:
        raise typer.Exit(BAD_INPUT)


def reproduce(
    name: Annotated[
        str | None,
        typer.Argument(help="A published table, such as tmam-table1; without one they are listed."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("-d", "--data", help="The root of the data; without it, what was published."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="The folder of runs and results; else reproduce/NAME."),
    ] = None,
    scale: Annotated[
        Literal["smoke", "full"],
        typer.Option(help="smoke: small data, minutes, no comparison; full: the paper's experiment."),
    ] = "full",
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress.")] = False,
    as_json: Json = False,
    debug: Debug = False,  # noqa: ARG001 - __main__ reads it
) -> None:
    """Show a paper's table, and make our rows of it."""
    from segmem.report.bar import Bar
    from segmem.reproduce.published import names, published

    if name is None:
        typer.echo("\n".join(f"{one:<18}{published(one).title}" for one in names()))
        return
    from segmem.reproduce.run import reproduce as make
    from segmem.reproduce.told import told

    silent = quiet or as_json
    tell = (lambda _: None) if silent else (lambda line: typer.echo(line, err=True))
    made = make(name, data, out or Path("reproduce") / name, scale, Bar(shown=not silent), tell)
    typer.echo(made.model_dump_json(indent=2) if as_json else told(made))


def side_by_side(
    source: Annotated[str, typer.Option("-i", "--input", help="A video, or a folder of numbered frames.")],
    runs: Annotated[
        list[str],
        typer.Option(
            "-p", "--predictions", help="NAME=FOLDER of label maps: of a run, or the truth. Several."
        ),
    ],
    out: Annotated[Path, typer.Option("-o", "--output", help="A video (.mp4), or a picture (.png, .jpg).")],
    frames: Annotated[str | None, typer.Option(help="Of a picture: which frames, as 10,50,90.")] = None,
    width: Annotated[int, typer.Option(min=32, help="Pixels of one panel.")] = 480,
    label_map: Annotated[
        list[str] | None, typer.Option("--label-map", help="VALUE=ID: how a label is drawn; can be repeated.")
    ] = None,
    debug: Debug = False,  # noqa: ARG001 - __main__ reads it
) -> None:
    """Draw several runs and the truth over one video, beside each other."""
    from segmem.evaluate.request import label_pairs
    from segmem.sidebyside import numbers
    from segmem.sidebyside import side_by_side as draw

    count = draw(
        source, runs, out, frames=numbers(frames), width=width, label_map=label_pairs(label_map or ())
    )
    typer.echo(f"{out}: {count} frames, {len(runs)} beside each other.")
