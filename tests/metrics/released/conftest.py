"""Where the golden values are."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

Golden = Callable[[str], dict[str, NDArray[Any]]]


@pytest.fixture(scope="session")
def golden() -> Golden:
    """Reads one file of `golden/metrics`: SEGMEM_GOLDEN, else ../shared/golden. Absent: skip, or fail if required."""
    root = Path(os.environ.get("SEGMEM_GOLDEN", Path(__file__).parents[4] / "shared" / "golden"))

    def read(name: str) -> dict[str, NDArray[Any]]:
        with np.load(root / "metrics" / name) as arrays:
            return dict(arrays)

    if (root / "metrics").is_dir():
        return read
    reason = f"no golden values at {root}; set SEGMEM_GOLDEN to the folder that holds metrics/"
    if os.environ.get("SEGMEM_REQUIRE_DATA") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
