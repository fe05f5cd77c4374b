"""What every test may ask for: the folder of real data, golden values, and one thread."""

import os
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

os.environ.setdefault("OMP_NUM_THREADS", "1")
SHARED = Path(__file__).parents[2] / "shared"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Every test draws the same numbers, whichever tests ran before it in its process."""
    random.seed(0)
    np.random.seed(0)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder of real data: SEGMEM_DATA, else ../shared/data. Absent: skip, or fail where it is required."""
    return _there(Path(os.environ.get("SEGMEM_DATA", SHARED / "data")), "real data", "SEGMEM_DATA")


@pytest.fixture(scope="session")
def golden_values() -> Callable[[str], dict[str, NDArray[Any]]]:
    """Reads one file of golden values, as `metrics/x.npz`: SEGMEM_GOLDEN, else ../shared/golden."""
    root = _there(Path(os.environ.get("SEGMEM_GOLDEN", SHARED / "golden")), "golden values", "SEGMEM_GOLDEN")

    def read(name: str) -> dict[str, NDArray[Any]]:
        with np.load(root / name) as arrays:
            return dict(arrays)

    return read


def _there(root: Path, what: str, variable: str) -> Path:
    if root.is_dir():
        return root
    reason = f"no {what} at {root}; set {variable} to the folder that holds them"
    if os.environ.get("SEGMEM_REQUIRE_DATA") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
