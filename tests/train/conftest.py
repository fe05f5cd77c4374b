"""Settings of runs that take seconds."""

from pathlib import Path

import pytest

from labelled import write_images
from segmem.train.loop import train
from segmem.train.presets import load_settings
from segmem.train.settings import TrainSettings

FAST = (
    "model.classes=[background, shaft, tip]",
    "model.tmam.attention={width: 16, memory_width: 8, layers: 1, ffn: 32}",
    "data={sources: [{path: stills}], validation: [v]}",
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with two stills to train on, and one to validate."""
    return stills(tmp_path / "data")


def stills(folder: Path) -> Path:
    """A data folder, filled."""
    write_images(folder / "stills", ["a", "b", "v"])
    return folder


@pytest.fixture(scope="session")
def settings() -> TrainSettings:
    """Eight steps without memory, eight with it: RAdam moves no weight in the first five."""
    stages = "stages=[{name: base, steps: 8, batch: 2, learning_rate: 0.01},"
    stages += " {name: clips, steps: 8, batch: 2, length: 4, back: 3, memory: true, corruption: 0.3}]"
    return load_settings("nano", changes=(*FAST, stages, "checkpoint_every=2", "log_every=1"))


@pytest.fixture(scope="session")
def unbroken(tmp_path_factory: pytest.TempPathFactory, settings: TrainSettings) -> Path:
    """A folder with `data`, `cache` and a whole `run` of the settings."""
    folder = tmp_path_factory.mktemp("unbroken")
    train(settings, stills(folder / "data"), folder / "run", cache=folder / "cache", quiet=True)
    return folder
