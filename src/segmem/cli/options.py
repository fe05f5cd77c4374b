"""What several verbs share: two options, an exit code and words beside the results."""

from typing import Annotated

import typer

BAD_INPUT = 3


Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show where an error came from.")]


def aside(line: str) -> None:
    """To stderr, so that it is in nobody's pipe."""
    typer.echo(line, err=True)
