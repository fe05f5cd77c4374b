"""`segmem train`."""

from pathlib import Path
from typing import Annotated

import typer

from segmem.cli.options import Debug


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
