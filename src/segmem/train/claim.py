"""A run's folder: made ours, or found to be the one to go on with."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from segmem.core.errors import InputError, SettingsError, SurroundingsError, UsageError
from segmem.train.checkpoint import checkpoints
from segmem.train.presets import load_settings, save_settings
from segmem.train.settings import TrainSettings

SETTINGS = "settings.yaml"
CHECKPOINTS = "checkpoints"
FREE = {
    "threads",
    "loaders",
    "cache_size",
    "checkpoint_every",
    "log_every",
}  # may differ when a run is resumed


@contextmanager
def claimed(settings: TrainSettings, run: Path, resume: bool) -> Iterator[None]:
    """As `claim`; a new run that cannot begin, for a mistake that is found within, leaves the folder free again.

    Raises:
        UsageError, SettingsError: see `claim`.
    """
    claim(settings, run, resume)
    try:
        yield
    except (UsageError, InputError, SurroundingsError):
        if not resume:
            (run / SETTINGS).unlink(missing_ok=True)
            with suppress(OSError):  # not empty: another's, or what was decoded for the next attempt
                (run / CHECKPOINTS).rmdir()
                run.rmdir()
        raise


def claim(settings: TrainSettings, run: Path, resume: bool) -> None:
    """Write settings.yaml into a new run's folder; of an old one, see that its settings are these.

    Raises:
        UsageError: a run is there and `resume` is not set, or the reverse.
        SettingsError: the run was begun with other settings.
    """
    saved = run / SETTINGS
    if resume and not saved.is_file():
        raise UsageError(f"{run}: no {SETTINGS}, so there is no run to resume. Train without --resume first.")
    if not resume and (saved.is_file() or checkpoints(run / CHECKPOINTS)):
        raise UsageError(f"{run} holds a run already. Go on with --resume, or name another folder.")
    if not resume:
        (run / CHECKPOINTS).mkdir(parents=True, exist_ok=True)
        save_settings(settings, saved)
        return
    before, now = load_settings(saved).model_dump(exclude=FREE), settings.model_dump(exclude=FREE)
    for key, value in now.items():
        if value != before[key]:
            raise SettingsError(
                f"{run} was begun with another {key!r}; a resumed run keeps its settings (see {saved})."
                " Leave the change out, or train into another folder."
            )
