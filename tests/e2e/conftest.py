"""The command in an empty folder, and weights for it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from command import Ran, run
from shelf import write_scan_model, write_video_model


@pytest.fixture
def segmem(tmp_path: Path) -> Callable[..., Ran]:
    """Run the installed `segmem` in the test's own folder."""
    return partial(run, tmp_path)


@pytest.fixture(scope="session")
def video_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video_model(tmp_path_factory.mktemp("shelf"))


@pytest.fixture(scope="session")
def scan_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_scan_model(tmp_path_factory.mktemp("shelf"))
