"""A stream of tasks learnt one after another in one run, measured after each."""

from pathlib import Path

from segmem.continual.companion import Companion
from segmem.continual.plan import AT_ONCE, run_settings
from segmem.continual.scores import Scores
from segmem.continual.settings import StreamSettings
from segmem.continual.strategies import make_strategy
from segmem.train.loop import train

KEPT = "kept"


def learn_stream(
    stream: StreamSettings,
    data_root: Path,
    run: Path,
    resume: bool = False,
    *,
    cache: Path | None = None,
    quiet: bool = False,
) -> Path:
    """Learn a stream's tasks.

    Args:
        stream: tasks, strategy and what is trained.
        data_root: what the sources' paths are relative to.
        run: the run's folder: as `segmem.train.loop.train` fills it, and scores.json (R), cases.csv, continual.html and
            what the strategy keeps.
        resume: go on where it was stopped, between two tasks or within one; the result is the same.
        cache: where decoded cases and their features are kept; runs of other strategies and seeds may share it.
        quiet: tell nothing but the scores.

    Returns:
        The weights after the last task.

    Raises:
        SettingsError: the preset or a value cannot be; a task holds no case out.
        InputError: a task has no cases, or none with positive pixels.
        UsageError: the folder holds another run.
        InterruptedRun: Ctrl-C or SIGTERM; go on with `resume`.
    """
    about = {
        "strategy": stream.strategy,
        "seed": stream.seed,
        "tasks": [task.name for task in stream.tasks],
        "stream": stream.model_dump(mode="json", exclude={"settings"}),
    }
    scores = Scores(run, about, stream.strategy == AT_ONCE)
    if resume:
        scores.done()  # of another stream: said before anything is decoded
    companion = Companion(stream, make_strategy(stream, run / KEPT), scores)
    return train(run_settings(stream), data_root, run, resume, cache=cache, quiet=quiet, beside=companion)
