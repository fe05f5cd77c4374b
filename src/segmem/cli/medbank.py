"""`segmem convert medbank`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from segmem.cli.options import BAD_INPUT, Debug, Json


def medbank(  # noqa: PLR0913, PLR0917 - an option each
    downloads: Annotated[
        Path, typer.Argument(help="The folder that holds the public datasets you have, each in a folder.")
    ],
    target: Annotated[Path, typer.Argument(help="The folder to write.")],
    sources: Annotated[
        Path | None, typer.Option(help="A YAML table of sources of your own; else SAMed-2's 17.")
    ] = None,
    split: Annotated[
        Literal["patient", "released"],
        typer.Option(help="9 to 1 by patient; or by image, as the paper did, which leaks patients."),
    ] = "patient",
    seed: Annotated[int, typer.Option(help="Who validates.")] = 0,
    external: Annotated[
        list[Path] | None,
        typer.Option(
            help="A set for testing, to be compared with what is trained on; can be given many times."
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier one.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No progress bar.")] = False,
    as_json: Json = False,
    debug: Debug = False,  # noqa: ARG001 - __main__ reads it
) -> None:
    """Build MedBank, SAMed-2's training data, from public datasets."""
    from segmem.medbank.build import build_medbank
    from segmem.medbank.table import load_table
    from segmem.report.bar import Bar

    made = build_medbank(
        downloads,
        target,
        load_table(sources),
        by=split,
        seed=seed,
        external=external or (),
        overwrite=overwrite,
        bar=Bar(shown=not quiet and not as_json),
    )
    typer.echo(made.model_dump_json(indent=2) if as_json else made.text())
    for line in made.faults:
        typer.echo(f"segmem: {line}", err=True)
    if made.faults:
        raise typer.Exit(BAD_INPUT)
