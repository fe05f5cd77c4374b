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
    preset: Annotated[str | None, typer.Option(help="A whole experiment by name.")] = None,
    continual: Annotated[
        Path | None,
        typer.Option(help="In place of a preset: a YAML file of tasks, learnt one after another."),
    ] = None,
    continue_from: Annotated[
        Path | None,
        typer.Option(
            help="Or a finished run, which learns from new data (--config, --set); what it knew is measured."
        ),
    ] = None,
    old_data: Annotated[
        Path | None, typer.Option(help="Of --continue-from: where its old data is, if not in --data.")
    ] = None,
    warn_above: Annotated[
        float, typer.Option(help="Of --continue-from: the loss of Dice that an old task is warned of.")
    ] = 0.02,
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
    """Train a model on your own data: a preset, a stream of tasks, or a finished run on new data."""
    from segmem.core.errors import UsageError
    from segmem.core.extras import require

    given = {"--preset": preset, "--continual": continual, "--continue-from": continue_from}
    named = [name for name, value in given.items() if value is not None]
    if len(named) != 1:
        raise UsageError(
            f"{' and '.join(named) or 'Nothing'} says what to train."
            " Give one of --preset, --continual and --continue-from."
        )
    require("Training", ("lightning_fabric", "schedulefree", "tensorboard"), "train")
    wishes = list(changes or [])
    if continual is not None:
        _stream(
            continual, data, out, resume, cache, _bound(cache_size, "settings.cache_size") + wishes, config
        )
    elif continue_from is not None:
        from segmem.continual.continued import continue_from as go_on

        go_on(
            continue_from,
            data,
            out,
            config=config,
            changes=[*wishes, *_bound(cache_size, "cache_size")],
            old_data=old_data,
            threshold=warn_above,
            resume=resume,
            cache=cache,
        )
    else:
        from segmem.train.loop import train as run
        from segmem.train.presets import load_settings

        settings = load_settings(preset, config, [*wishes, *_bound(cache_size, "cache_size")])
        run(settings, data, out, resume, cache=cache)
    typer.echo(f"The model is in {out}; use it with: segmem predict -m {out}")


def _bound(size: str | None, key: str) -> list[str]:
    return [] if size is None else [f"{key}={size}"]


def _stream(
    path: Path,
    data: Path,
    out: Path,
    resume: bool,
    cache: Path | None,
    changes: list[str],
    config: Path | None,
) -> None:
    from segmem.continual.plan import load_stream
    from segmem.continual.run import learn_stream
    from segmem.core.errors import UsageError
    from segmem.core.extras import require

    require("The page of a stream", ("jinja2", "matplotlib"), "eval")
    if config is not None:
        raise UsageError("--config is for presets; a stream's file says all. Change it with --set.")
    learn_stream(load_stream(path, changes), data, out, resume, cache=cache)
    typer.echo(f"R and its measures are in {out}: scores.json, cases.csv, continual.html.")
