"""`segmem models`, `convert weights` and `demo`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from segmem.cli.options import Debug, Json


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


def demo(
    out: Annotated[Path, typer.Option("-o", "--output", help="The folder to fill.")] = Path("demo"),
    debug: Debug = False,  # noqa: ARG001 - __main__ reads it
) -> None:
    """Segment a synthetic operation and a real scan, and look how well it went."""
    from segmem.demo import run

    for line in run(out):
        typer.echo(line)
