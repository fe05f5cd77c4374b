"""What every test may ask for: the folder of real data, and one thread."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder of real data: SEGMEM_DATA, else ../shared/data. Absent: skip, or fail where it is required."""
    root = Path(os.environ.get("SEGMEM_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if root.is_dir():
        return root
    reason = f"no real data at {root}; set SEGMEM_DATA to the folder that holds it"
    if os.environ.get("SEGMEM_REQUIRE_DATA") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
