"""Nano models and their weights, made once."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nano import nano, nano_sam2
from segmem.core import Kind
from segmem.ops.intensity import IntensitySettings
from segmem.predict.compute import Compute
from segmem.predict.job import Job, prepare
from segmem.predict.request import Request
from segmem.prompted import PromptedSegmenter
from segmem.segmenter import MemorySegmenter
from shelf import write_scan_model, write_video_model


@pytest.fixture(scope="session")
def video_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video_model(tmp_path_factory.mktemp("shelf"))


@pytest.fixture(scope="session")
def scan_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_scan_model(tmp_path_factory.mktemp("shelf"))


@pytest.fixture(scope="session")
def video_model() -> MemorySegmenter:
    return nano()


@pytest.fixture(scope="session")
def scan_model() -> MemorySegmenter:
    return nano(name="nano-scan", input="volume", intensity=IntensitySettings(kind="percentile"))


@pytest.fixture(scope="session")
def sam2_model() -> PromptedSegmenter:
    return nano_sam2()


@pytest.fixture(scope="session")
def loaded(video_weights: Path, scan_weights: Path) -> dict[bool, Job]:
    """A job for scans (True) and one for everything else, loaded once."""
    request = Request(source="in", out=Path("out"), device="cpu", precision="float32")
    return {
        True: prepare(request, str(scan_weights), "volume"),
        False: prepare(request, str(video_weights), "video"),
    }


@pytest.fixture
def make_job(loaded: dict[bool, Job]) -> Callable[..., Job]:
    """A job with the nano model of a kind; keyword arguments change the request."""

    def make(kind: Kind = "video", **changes: object) -> Job:
        known = loaded[kind == "volume"]
        request = known.request.model_copy(update=changes)
        compute = Compute.choose(request.device, request.precision)
        return replace(known, request=request, compute=compute, warnings=[])

    return make
