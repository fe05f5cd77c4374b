"""The verbs: each parses its options, calls one function and prints."""

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from segmem.manifest import Manifest

BAD_INPUT = 3

app = typer.Typer(
    name="segmem",
    help="Segmentation that remembers: medical images, surgical video and 3D scans.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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


Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show where an error came from.")]


@app.callback(invoke_without_command=True)
def segmem(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"segmem {installed('segmem')}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
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
    memory: Annotated[
        bool, typer.Option(help="Look back at what was shown before; --no-memory is the 2D network alone.")
    ] = True,
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
        asked=ask(box or (), point or (), mask or (), prompts, on, world),
        direction=direction.value if direction else None,
        show_prompts=show_prompts,
        max_memory=None if max_memory is None else as_bytes(max_memory),
        overlay=overlay,
        confidence=confidence,
        memory=memory,
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


@app.command()
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


@app.command()
def models(
    name: Annotated[str | None, typer.Argument(help="One model, to see its whole card.")] = None,
    as_json: Json = False,
    debug: Debug = False,  # noqa: ARG001 - __main__ reads it
) -> None:
    """List the models that are shipped, or show one's card."""
    from segmem.catalogue import card, cards

    if name is not None:
        found = card(name)
        typer.echo(found.model_dump_json(indent=2) if as_json else found.text())
        return
    listed = cards()
    if as_json:
        typer.echo(json.dumps({"models": [one.model_dump(mode="json") for one in listed]}, indent=2))
        return
    typer.echo("\n".join(one.summary() for one in listed) or "No model is shipped with this installation.")


convert = typer.Typer(help="Bring what other programs made into our formats.", no_args_is_help=True)
app.add_typer(convert, name="convert")


@convert.command()
def weights(  # noqa: PLR0913, PLR0917 - an option each
    source: Annotated[str, typer.Argument(help="A SAM2 checkpoint, a Hugging Face folder or its id.")],
    target: Annotated[Path, typer.Argument(help="The .safetensors file to write.")],
    licence: Annotated[str | None, typer.Option(help="Of the weights; kept in the file.")] = None,
    origin: Annotated[str | None, typer.Option(help="Where they come from; kept in the file.")] = None,
    size: Annotated[int | None, typer.Option(min=32, help="Pixels of the longer side of the input.")] = None,
    partial: Annotated[bool, typer.Option("--partial", help="Take what fits.")] = False,
    overwrite: Annotated[bool, typer.Option(help="Replace an earlier file.")] = True,
    as_json: Json = False,
    debug: Debug = False,  # noqa: ARG001 - __main__ reads it
) -> None:
    """Write a SAM2-family checkpoint as one safetensors file that says where it comes from."""
    from segmem.convert import convert_weights

    done = convert_weights(
        source, target, licence=licence, origin=origin, size=size, partial=partial, overwrite=overwrite
    )
    told = f"{target}: {done.layout} weights for {done.input_size} pixels, licence {done.licence}"
    typer.echo(done.model_dump_json(indent=2) if as_json else told)


@convert.command("data")
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
    made = convert_data(request, Bar(shown=not quiet and not as_json), None if quiet else _aside)
    typer.echo(made.model_dump_json(indent=2) if as_json else f"{target}: {len(made.cases)} cases.")
    for line in made.notes:
        typer.echo(f"note: {line}", err=True)
    for line in made.faults:
        typer.echo(f"segmem: {line}", err=True)
    if made.faults:
        raise typer.Exit(BAD_INPUT)


@app.command()
def train(  # noqa: PLR0913, PLR0917 - an option each
    data: Annotated[
        Path, typer.Option("-d", "--data", help="A folder of labelled cases, in a known layout.")
    ],
    out: Annotated[Path, typer.Option("-o", "--output", help="The run folder.")],
    preset: Annotated[str, typer.Option(help="A whole experiment by name.")],
    config: Annotated[Path | None, typer.Option(help="A YAML file of settings over the preset's.")] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="key=value over both; can be given many times.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue an interrupted run exactly.")] = False,
    cache: Annotated[
        Path | None,
        typer.Option(help="Where decoded cases are kept; runs may share it. Else in the run folder."),
    ] = None,
    cache_size: Annotated[
        str | None, typer.Option(help="Most that they may take, as in 20GB; what no run uses goes first.")
    ] = None,
    debug: Debug = False,  # noqa: ARG001 - __main__ reads it
) -> None:
    """Train a model on your own data."""
    from segmem.train.loop import train as run
    from segmem.train.presets import load_settings

    bound = [] if cache_size is None else [f"cache_size={cache_size}"]
    run(load_settings(preset, config, [*(changes or []), *bound]), data, out, resume, cache=cache)
    typer.echo(f"The model is in {out}; use it with: segmem predict -m {out}")


@app.command()
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
    found = run(request, Bar(shown=not quiet and not as_json), None if quiet else _aside)
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


@app.command()
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


@app.command()
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


@app.command()
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


@app.command()
def demo(
    out: Annotated[Path, typer.Option("-o", "--output", help="The folder to fill.")] = Path("demo"),
    debug: Debug = False,  # noqa: ARG001 - __main__ reads it
) -> None:
    """Segment a synthetic operation and a real scan, and look how well it went."""
    from segmem.demo import run

    for line in run(out):
        typer.echo(line)


def _aside(line: str) -> None:
    """To stderr, so that it is in nobody's pipe."""
    typer.echo(line, err=True)


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
