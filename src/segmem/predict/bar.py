"""The progress bar: frames, frames a second, time to go; on stderr."""

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text


class Rate(ProgressColumn):
    """Frames a second over the last half minute."""

    def render(self, task: Task) -> Text:
        return Text("- FPS" if task.speed is None else f"{task.speed:.1f} FPS")


def make_bar() -> Progress:
    """A bar that goes away when its case is done."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("frames"),
        Rate(),
        TextColumn("ETA"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
