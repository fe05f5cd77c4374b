"""All verbs under one name."""

from typing import Annotated

import typer

from segmem.cli.bank import bank
from segmem.cli.data import data_, doctor, split
from segmem.cli.measure import evaluate, reproduce, side_by_side
from segmem.cli.medbank import medbank
from segmem.cli.models import demo, models, weights
from segmem.cli.predict import predict
from segmem.cli.train import train

app = typer.Typer(
    name="segmem",
    help="Segmentation that remembers: medical images, surgical video and 3D scans.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
convert = typer.Typer(help="Bring what other programs made into our formats.", no_args_is_help=True)


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


for verb in (predict, train, evaluate, models, side_by_side, doctor, split, reproduce, demo):
    app.command()(verb)
convert.command("weights")(weights)
convert.command("data")(data_)
convert.command("medbank")(medbank)
app.add_typer(convert, name="convert")
app.add_typer(bank, name="bank")
