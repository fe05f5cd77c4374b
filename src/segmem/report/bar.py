"""How many cases are done, on stderr, where that is a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Bar:
    """A bar for each task, gone when it is done.

    Args:
        shown: whether it may be; without a terminal it is not.
    """

    def __init__(self, shown: bool = True) -> None:
        self.shown = shown and sys.stderr.isatty()

    @contextmanager
    def task(self, name: str, total: int) -> Iterator[Callable[[], None]]:
        """What to call after each of `total` steps."""
        if not self.shown:
            yield lambda: None
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            made = progress.add_task(name, total=total)
            yield lambda: progress.advance(made)
