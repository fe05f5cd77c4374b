"""`segmem bank`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from segmem.cli.options import Debug, Json

bank = typer.Typer(help="Look at a memory of other cases, or take entries out of it.", no_args_is_help=True)


@bank.command()
def inspect(
    file: Annotated[Path, typer.Argument(help="A bank, as --update-bank writes it.")],
    as_json: Json = False,
    debug: Debug = False,  # noqa: ARG001 - __main__ reads it
) -> None:
    """List the entries of a bank, and what made them."""
    from segmem.memory.bank_file import read_bank
    from segmem.memory.bank_table import as_numbers, as_text

    found = read_bank(file, even_damaged=True)
    typer.echo(json.dumps(as_numbers(found), indent=2) if as_json else as_text(found))


@bank.command()
def prune(
    file: Annotated[Path, typer.Argument(help="A bank; it stays as it is.")],
    out: Annotated[Path, typer.Option("-o", "--output", help="The .safetensors file to write.")],
    keep: Annotated[
        int | None, typer.Option(min=0, help="So many at most: the surest, tasks taking turns.")
    ] = None,
    task: Annotated[
        list[str] | None, typer.Option(help="Entries of this task go; can be given many times.")
    ] = None,
    below_confidence: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="Entries of less confidence go.")
    ] = None,
    as_json: Json = False,
    debug: Debug = False,  # noqa: ARG001 - __main__ reads it
) -> None:
    """Write a bank without some of its entries; damaged ones always go."""
    from segmem.memory.bank_file import read_bank, write_bank
    from segmem.memory.prune import pruned

    found = read_bank(file, even_damaged=True)
    left = pruned(found, keep, task or (), below_confidence)
    write_bank(out, left)
    before, after = len(found.records), len(left.records)
    told = {
        "output": str(out),
        "entries": after,
        "taken_out": before - after,
        "damaged": len(found.damaged()),
    }
    line = f"{out}: {after} of {before} entries"
    typer.echo(json.dumps(told) if as_json else line)
