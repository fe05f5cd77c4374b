"""Streams of two tasks on tiny pictures, learnt by a tiny network in seconds."""

from pathlib import Path

import pytest
import torch
import yaml

from labelled import write_images
from nano import nano_litemedsam, nano_samed2_lite
from segmem.continual.plan import run_settings
from segmem.continual.settings import StreamSettings
from segmem.data.store import Store
from segmem.train.course import Course, make_course
from segmem.train.machine import make_fabric
from segmem.train.material import gather
from tiny_stream import PRESET, tasks


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two folders, `first` and `second`, of four pictures each."""
    for name in ("first", "second"):
        write_images(tmp_path / "data" / name, [f"{name}{number}" for number in range(4)])
    return tmp_path / "data"


@pytest.fixture
def preset(tmp_path: Path) -> Path:
    path = tmp_path / "preset.yaml"
    path.write_text(yaml.safe_dump(PRESET))
    return path


@pytest.fixture
def small(monkeypatch):
    """Runs train a tiny network in place of LiteMedSAM."""

    def make(spec, own=None):
        model = nano_litemedsam()
        model.spec = spec
        model.network.reads_masks = True
        return model.train()

    monkeypatch.setattr("segmem.train.beginning.build", make)
    return make


@pytest.fixture
def small_with_cases(monkeypatch):
    """Runs train a tiny network that has a memory of other cases, filled with whatever it finds."""

    def make(spec, own=None):
        model = nano_samed2_lite(None)
        model.spec = spec
        model.network.reads_masks = True
        return model.train()

    monkeypatch.setattr("segmem.train.beginning.build", make)
    return make


@pytest.fixture
def stream(preset):
    """Makes a stream of both tasks."""

    def make(**changes: object) -> StreamSettings:
        values = {"preset": str(preset), "tasks": tasks("first", "second"), **changes}
        return StreamSettings.model_validate(values)

    return make


@pytest.fixture
def course(tmp_path, data, stream, small):
    """Makes the course of a task."""
    settings = run_settings(stream())
    model = small(settings.model)
    material = gather(settings, data, Store(tmp_path / "cache"), model, tested=True)
    fabric = make_fabric(settings)

    def make(task: int) -> Course:
        torch.manual_seed(0)
        return make_course(fabric, settings, settings.stages[task], material, model)

    return make
