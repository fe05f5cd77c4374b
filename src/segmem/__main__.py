"""Run the command and turn what goes wrong into one line and an exit code."""

import sys
import traceback
from collections.abc import Sequence

_INTERRUPTED_BY_TYPER = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `segmem` with `arguments` (the process's own by default); returns the exit code.

    0 done, 1 internal error, 2 usage, 3 bad input, 4 environment, 5 interrupted and resumable.
    A traceback is shown only with `--debug`.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        from segmem.cli.app import app  # here, so that an import that fails is explained too

        code = app(arguments, prog_name="segmem", standalone_mode=False)
    except KeyboardInterrupt:
        code = _INTERRUPTED_BY_TYPER
    except Exception as error:
        if "--debug" in arguments:
            traceback.print_exc()
        return _explain(error)
    if code == _INTERRUPTED_BY_TYPER:
        return _say("Interrupted. What is whole stays; the same command with --resume continues.", 5)
    return code if isinstance(code, int) else 0


def _explain(error: Exception) -> int:
    """Print one line for any exception; returns its exit code."""
    from segmem.core.errors import SegmemError  # most runs need not load it

    if isinstance(error, SegmemError):
        return _say(str(error), error.exit_code)
    if hasattr(error, "format_message"):  # typer's own: an unknown option, a missing value
        verb = getattr(getattr(error, "ctx", None), "command_path", "segmem")
        return _say(f"{error.format_message()} See '{verb} --help'.", 2)
    if type(error).__name__ == "Abort":  # what older typer makes of Ctrl-C
        return _say("Interrupted. What is whole stays; the same command with --resume continues.", 5)
    if isinstance(error, OSError):
        return _say(f"This machine refused: {error}.", 4)
    return _say(f"Internal error: {type(error).__name__}: {error}. Run again with --debug for its place.", 1)


def _say(text: str, code: int) -> int:
    print(f"segmem: {' '.join(text.split())}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
