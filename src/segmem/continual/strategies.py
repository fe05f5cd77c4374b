"""From a strategy's name to what it does."""

from pathlib import Path

from segmem.continual.ewc import Ewc
from segmem.continual.kept import Kept
from segmem.continual.lwf import Lwf
from segmem.continual.reading import Reading
from segmem.continual.rehearsal import bank, replay
from segmem.continual.settings import StreamSettings
from segmem.continual.strategy import Naive, Strategy


def make_strategy(stream: StreamSettings, folder: Path) -> Strategy:
    """The stream's strategy, with what it keeps in `folder`; of `joint` there is nothing to keep."""
    kept = Kept(folder)
    if stream.strategy == "replay":
        return replay(stream.replay, kept)
    if stream.strategy == "bank":
        rehearsed = bank(stream.bank, kept)
        return Reading(stream.memory, folder, rehearsed) if stream.bank.read else rehearsed
    if stream.strategy == "memory":
        return Reading(stream.memory, folder, Naive())
    if stream.strategy == "ewc":
        return Ewc(stream.ewc, kept)
    return Lwf(stream.lwf, kept) if stream.strategy == "lwf" else Naive()
