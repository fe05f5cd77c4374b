"""What a run tells while it goes: TensorBoard, a history of lines, and one line on stderr."""

import json
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from torch.utils.tensorboard import SummaryWriter


class Log:
    """Numbers of a run, by total step.

    Attributes:
        folder: of the run; TensorBoard's files go to `log/`, validations to `history.jsonl`.
        total: steps of the whole run.
        quiet: tell nothing on stderr.
    """

    def __init__(self, folder: Path, total: int, step: int, quiet: bool = False) -> None:
        self.folder, self.total, self.quiet = folder, total, quiet
        self._writer = SummaryWriter(str(folder / "log"), purge_step=step)
        self._began, self._from = time.monotonic(), step
        self._lap = (self._began, step)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def steps(self, stage: str, step: int, loss: float, learning_rate: float) -> None:
        """After `step` steps in all, with the mean loss since the last call."""
        now = time.monotonic()
        seconds = (now - self._lap[0]) / max(1, step - self._lap[1])
        self._lap = (now, step)
        for name, value in (("loss", loss), ("learning_rate", learning_rate), ("seconds_a_step", seconds)):
            self._writer.add_scalar(f"{stage}/{name}", value, step)
        left = (now - self._began) / max(1, step - self._from) * (self.total - step)
        self._say(
            f"{stage}: step {step}/{self.total}, loss {loss:.4f}, {seconds:.2f} s a step,"
            f" {int(left // 60)}:{int(left % 60):02d} left"
        )

    def validation(self, stage: str, step: int, scores: dict[str, float]) -> None:
        """Dice of each class on the cases kept aside."""
        for name, value in scores.items():
            self._writer.add_scalar(f"validation/{name}", value, step)
        with (self.folder / "history.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps({"stage": stage, "step": step, **scores}) + "\n")
        self._say(
            f"{stage}: validation at step {step}: " + ", ".join(f"{n} {v:.3f}" for n, v in scores.items())
        )
        self._lap = (time.monotonic(), step)

    def _say(self, text: str) -> None:
        if not self.quiet:
            say(text)


def say(text: str) -> None:
    """One line on stderr."""
    print(text, file=sys.stderr, flush=True)
